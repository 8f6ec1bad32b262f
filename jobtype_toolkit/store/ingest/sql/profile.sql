-- name: macros
-- The conversions of profiles: each gives NULL for a text that it cannot convert.
CREATE OR REPLACE TEMP MACRO theirs_unix(said, per_second) AS (
    CASE
        WHEN regexp_full_match(said, '-?\d{1,15}([.]\d{1,12})?') AND abs(TRY_CAST(said AS DOUBLE)) < 253402300800 * per_second
        THEN make_timestamptz(CAST(trunc(CAST(said AS DECIMAL(38, 12)) * (1000000 // per_second)) AS BIGINT))
    END
);
CREATE OR REPLACE TEMP MACRO theirs_exit_code(said) AS (
    CASE
        WHEN regexp_full_match(said, '-?\d{1,10}') THEN CAST(said AS BIGINT)
        WHEN regexp_full_match(said, '\d{1,10}:0*') THEN CAST(split_part(said, ':', 1) AS BIGINT)
        -- as a shell tells of a signal
        WHEN regexp_full_match(said, '\d{0,10}:\d{1,3}') AND said NOT SIMILAR TO ':0+' THEN 128 + CAST(split_part(said, ':', 2) AS BIGINT)
    END
);
-- The first of n[01-04,7], n1,n2, 4*n1:2*n2 and slot1@n1
CREATE OR REPLACE TEMP MACRO theirs_first_node(said) AS (
    regexp_replace(
        regexp_replace(regexp_extract(said, '^(?:\d+\*)?(?:[^@,\[\]]*@)?((?:[^,: \[\]]|\[[^\]]*\])+)', 1), '\[([^\],-]+)[^\]]*\]', '\1', 'g'),
        '[\[\]]', '', 'g'
    )
);
CREATE OR REPLACE TEMP MACRO theirs_mebibytes(said, unit) AS (
    list_transform(
        list_filter(
            [regexp_extract(said, '^([0-9]+(?:[.][0-9]+)?) ?(?:([KMGT])(?:i?[Bb])?|([Bb]))?[nc]?$', ['number', 'unit', 'bytes'])],
            lambda p: p.number <> ''
        ),
        lambda p: CAST(p.number AS DOUBLE) * CASE
            WHEN p.bytes <> '' THEN 1
            WHEN p.unit = '' THEN unit
            WHEN p.unit = 'K' THEN 1024
            WHEN p.unit = 'M' THEN 1048576
            WHEN p.unit = 'G' THEN 1073741824
            ELSE 1099511627776
        END / 1048576
    )[1]
);
CREATE OR REPLACE TEMP MACRO part_us(text, unit) AS (
    CASE WHEN text = '' THEN 0 ELSE CAST(CAST(text AS DECIMAL(24, 6)) * unit AS BIGINT) END
);
-- D-HH:MM:SS, HH:MM:SS and MM:SS
CREATE OR REPLACE TEMP MACRO clock_us(said) AS (
    list_transform(
        list_filter(
            [regexp_extract(said, '^(?:(?:(\d{1,5})-)?(\d{1,7}):)?(\d{1,2}):(\d{1,2}(?:[.]\d{1,6})?)$', ['d', 'h', 'm', 's'])],
            lambda p: p.s <> ''
        ),
        lambda p: part_us(p.d, 86400000000) + part_us(p.h, 3600000000) + part_us(p.m, 60000000) + part_us(p.s, 1000000)
    )[1]
);
-- 1d 2h 3m 4.5s and 120ms
CREATE OR REPLACE TEMP MACRO worded_us(said) AS (
    list_transform(
        list_filter(
            [regexp_extract(
                said,
                '^(?:([0-9.]{1,9}) ?d)? ?(?:([0-9.]{1,9}) ?h)? ?(?:([0-9.]{1,9}) ?m(?:in)?)? ?(?:([0-9.]{1,9}) ?s)? ?(?:([0-9.]{1,9}) ?ms)?$',
                ['d', 'h', 'm', 's', 'ms']
            )],
            lambda p: p.d || p.h || p.m || p.s || p.ms <> ''
        ),
        lambda p: TRY(part_us(p.d, 86400000000) + part_us(p.h, 3600000000) + part_us(p.m, 60000000) + part_us(p.s, 1000000) + part_us(p.ms, 1000))
    )[1]
);
-- P1DT2H3M4.5S
CREATE OR REPLACE TEMP MACRO iso_us(said) AS (
    list_transform(
        list_filter(
            [regexp_extract(
                said,
                '^P(?:(\d{1,5})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:[.]\d{1,6})?)S)?)?$',
                ['d', 'h', 'm', 's']
            )],
            lambda p: p.d || p.h || p.m || p.s <> ''
        ),
        lambda p: part_us(p.d, 86400000000) + part_us(p.h, 3600000000) + part_us(p.m, 60000000) + part_us(p.s, 1000000)
    )[1]
);
CREATE OR REPLACE TEMP MACRO theirs_duration(said, unit) AS (
    CASE
        WHEN regexp_full_match(said, '\d{1,10}([.]\d{1,6})?') THEN part_us(said, unit)
        WHEN starts_with(said, 'P') THEN iso_us(said)
        WHEN contains(said, ':') THEN clock_us(said)
        ELSE worded_us(said)
    END
);

-- name: rows
-- The rows of an export in columns of the vocabulary; the subqueries clean the columns, and then choose among them.
SELECT /*values*/
FROM (SELECT *, /*said*/ FROM (SELECT *, /*clean*/ FROM (SELECT *, /*trimmed*/ FROM raw_row)))
WHERE /*kept*/

-- name: json_rows
-- Rows of JSON as texts, one per path.
CREATE OR REPLACE TEMP VIEW raw_row AS
SELECT seq AS __position, file AS __file, position AS __place, j AS __j, /*columns*/
FROM (SELECT *, json_extract_string(j, /*paths*/) AS texts, json_type(j, /*paths*/) AS kinds FROM json_row);

-- name: rows_under
-- The rows under a key of each document, in place of the documents.
CREATE OR REPLACE TEMP TABLE json_row AS
SELECT
    row_number() OVER (ORDER BY seq, place) AS seq, file,
    row_number() OVER (PARTITION BY file ORDER BY seq, place) AS position, CAST(j AS VARCHAR) AS j
FROM (
    SELECT seq, file, generate_subscripts(rows, 1) AS place, unnest(rows) AS j
    FROM (SELECT seq, file, /*elements*/ AS rows FROM json_row)
);

-- name: without_rows
-- Documents that have no list under any of the keys.
SELECT file, position, left(j, $most) FROM json_row WHERE NOT (/*has*/) ORDER BY seq;

-- name: met
-- Which of some paths any row has.
SELECT /*any*/ FROM (SELECT json_exists(j, /*paths*/) AS has FROM json_row);

-- name: keys
-- The keys of the rows.
SELECT DISTINCT unnest(json_keys(j)) FROM json_row WHERE json_type(j) = 'OBJECT' ORDER BY 1;

-- name: lists
-- The keys under which there are lists of objects.
SELECT DISTINCT key
FROM (SELECT j, unnest(json_keys(j)) AS key FROM json_row WHERE json_type(j) = 'OBJECT')
WHERE json_type(j, '/' || replace(replace(key, '~', '~0'), '/', '~1') || '/0') = 'OBJECT'
ORDER BY key;

-- name: numbers
-- The numbers of keys that are text: those that were handed out, those of the rows that the store has, and new ones, negative
-- and below all that the source has.
CREATE TEMP TABLE IF NOT EXISTS fresh_id (resource VARCHAR, external_id VARCHAR, id BIGINT);
CREATE OR REPLACE TEMP TABLE known_id AS
SELECT resource, external_id, max(id) AS id
FROM (
SELECT resource, external_id, id FROM external_id WHERE source = $source
UNION
SELECT resource, external_id, id FROM fresh_id
UNION
SELECT 'jobs', external_id, id
FROM (FROM job_final UNION ALL FROM job_open) WHERE source = $source AND id < 0 AND external_id IS NOT NULL
UNION
SELECT 'job_executions', cluster_id, id FROM job_execution WHERE source = $source AND id < 0 AND cluster_id IS NOT NULL
)
GROUP BY ALL;

-- name: number_texts
-- The numbers of the texts in a column of `checked`.
INSERT INTO fresh_id
SELECT
    '/*resource*/', text,
    (
        SELECT least(0, min(id))
        FROM (
            SELECT id FROM known_id
            UNION ALL SELECT id FROM fresh_id
            UNION ALL SELECT id FROM job_final WHERE source = $source AND id < 0
            UNION ALL SELECT id FROM job_open WHERE source = $source AND id < 0
            UNION ALL SELECT id FROM job_execution WHERE source = $source AND id < 0
            UNION ALL SELECT job_id FROM job_execution WHERE source = $source AND job_id < 0
        )
    ) - row_number() OVER (ORDER BY first)
FROM (SELECT /*text*/ AS text, min(seq) AS first FROM checked WHERE reason = '' AND /*text*/ IS NOT NULL GROUP BY 1) AS t
ANTI JOIN (SELECT external_id AS text FROM known_id WHERE resource = '/*resource*/') AS k USING (text);
UPDATE checked SET /*column*/ = n.id
FROM (SELECT external_id, id FROM known_id WHERE resource = '/*resource*/' UNION SELECT external_id, id FROM fresh_id WHERE resource = '/*resource*/') AS n
WHERE checked./*text*/ = n.external_id;

-- name: lists_of_nodes
-- The lists in which there may be several nodes: each once, however many jobs ran on it.
SELECT DISTINCT /*column*/ FROM checked WHERE reason = '' AND regexp_matches(/*column*/, '[\[,:]');

-- name: node_list
-- The lists of nodes with the names in each, as JSON.
CREATE OR REPLACE TEMP TABLE node_list AS SELECT unnest($said::VARCHAR[]) AS said, unnest($nodes::VARCHAR[]) AS nodes;

-- name: take_with_nodes
-- The rows that nothing speaks against, with all nodes of the jobs on several in `extra`.
INSERT INTO incoming_rows BY NAME
SELECT c.* EXCLUDE (seq, file, position, reason/*passed*/) REPLACE (
    CASE
        WHEN n.nodes IS NULL THEN c.extra
        ELSE CAST(coalesce(left(CAST(c.extra AS VARCHAR), -1) || ',', '{') || '"all_nodes":' || n.nodes || '}' AS JSON)
    END AS extra
)
FROM checked AS c
LEFT JOIN node_list AS n ON n.said = c./*column*/
WHERE c.reason = ''
ORDER BY c.seq;

-- name: keep_numbers
-- The numbers that a load handed out.
INSERT INTO external_id SELECT $source, resource, external_id, id FROM fresh_id;
