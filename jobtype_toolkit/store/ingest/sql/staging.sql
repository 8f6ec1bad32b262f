-- What a load works with is temporary, gone with the connection, and made when it is needed.

-- name: incoming_rows
-- The typed rows that can be loaded, filled by `v6_rows` and `take_checked`; their rowids are the order of the input.
CREATE TEMP TABLE incoming_rows (/*columns*/, extra JSON);

-- name: incoming
-- What the merge reads. It has the fields of the input, and of others those that the merge speaks of.
CREATE TEMP VIEW incoming AS /*query*/;

-- name: rejected
-- The rows that cannot be loaded, filled by `reject_…`.
CREATE TEMP TABLE IF NOT EXISTS rejected (file VARCHAR, position BIGINT, reason VARCHAR, text VARCHAR);

-- name: embedded
-- The objects inside v6 rows, filled by `embedded_…`; the merge infers job types and errors from them.
CREATE TEMP TABLE embedded_job_type (/*job_type*/);
CREATE TEMP TABLE embedded_error (/*error*/);

-- name: v6_rows
-- Rows that msgspec found to be exactly as a v6 server sends them, read by all cores.
INSERT INTO incoming_rows (/*names*/)
SELECT /*values*/
FROM read_json($files, format = '/*format*/', columns = {/*columns*/}, maximum_object_size = /*most_bytes*/, compression = '/*packing*/') AS s;

-- name: embedded_v6
-- Objects that were inside rows as a v6 server sends them.
INSERT INTO embedded_/*name*/ BY NAME
SELECT unnest(object) FROM (SELECT unnest(from_json($objects, $structure)) AS object);

-- name: is_nested
-- Whether rows are as v6 sends them, with a job type object inside; an input may have both kinds.
SELECT DISTINCT json_type(j, '$.job_type') IS NOT DISTINCT FROM 'OBJECT' FROM json_row;

-- name: key_sets
-- The sets of keys that rows and the objects in them have.
SELECT DISTINCT json_keys(j, $paths)
FROM json_row
WHERE (json_type(j, '$.job_type') IS NOT DISTINCT FROM 'OBJECT') = $nested;

-- name: json_fields
-- The rows of `json_row`, as v6 sends them or flat, parsed with a structure.
CREATE OR REPLACE TEMP TABLE json_fields AS
SELECT seq AS __seq, file AS __file, position AS __position, j AS __j, unnest(from_json(j, $structure))
FROM json_row
WHERE (json_type(j, '$.job_type') IS NOT DISTINCT FROM 'OBJECT') = $nested;

-- name: checked
-- Typed rows, each with the reasons against it.
SELECT seq, file, position, extra, concat_ws('; ', /*reasons*/) AS reason, /*names*/
FROM (
    SELECT /*final*/
    FROM (SELECT *, /*typed*/ FROM (SELECT /*place*/, /*extra*/ AS extra, /*said*/ FROM /*rows*/))
)

-- name: take_checked
-- The rows that nothing speaks against.
INSERT INTO incoming_rows BY NAME SELECT * EXCLUDE (seq, file, position, reason/*passed*/) FROM checked WHERE reason = '';

-- name: embedded_json
-- The objects inside v6 rows, one of each.
INSERT INTO embedded_/*name*/
SELECT /*values*/
FROM (SELECT any_value(s./*name*/) AS s FROM json_fields AS s WHERE s./*name*/ IS NOT NULL GROUP BY /*key*/);

-- name: reject_json
-- The rows that something speaks against, with their text.
INSERT INTO rejected
SELECT c.file, c.position, c.reason, left(CAST(f.__j AS VARCHAR), $most)
FROM checked AS c JOIN json_fields AS f ON f.__seq = c.seq
WHERE c.reason <> '';

-- name: table_csv
-- A CSV file of which every line is a row; of another DuckDB says so.
SELECT *, row_number() OVER () AS __position
FROM read_csv(
    /*file*/, columns = {/*columns*/}, header = true, auto_detect = false, delim = /*separator*/, quote = '"', escape = '"',
    strict_mode = true, nullstr = '', allow_quoted_nulls = false, compression = '/*packing*/'
)

-- name: table_frame
-- The rows of a DataFrame.
SELECT /*columns*/, row_number() OVER () AS __position FROM loaded_frame

-- name: json_of_table
-- The rows of a table as JSON.
CREATE OR REPLACE TEMP TABLE json_row AS
SELECT row_number() OVER () AS seq, $name AS file, row_number() OVER () AS position, CAST(to_json(t) AS VARCHAR) AS j
FROM (SELECT * EXCLUDE (__position, file_row_number) FROM table_row) AS t;

-- name: reject_broken
-- What is no row.
INSERT INTO rejected
SELECT unnest($files::VARCHAR[]), unnest($positions::BIGINT[]), unnest($reasons::VARCHAR[]), unnest($texts::VARCHAR[]);

-- name: table_parquet
SELECT *, file_row_number + 1 AS __position FROM read_parquet(/*file*/, file_row_number = true)

-- name: reject_table
-- The rows of a table that have a reason against them, with their text.
INSERT INTO rejected
SELECT i.file, i.position, i.reason, left(CAST(g.whole AS VARCHAR), $most)
FROM (SELECT seq, file, position, reason FROM checked WHERE reason <> '') AS i
JOIN (SELECT __position, /*row*/ AS whole FROM /*rows*/) AS g ON g.__position = i.seq;

-- name: parquet_statistics
-- What the statistics of a Parquet file tell of each column in all its parts: that no value is missing, that all times are
-- within the calendar, that no text begins with a blank.
SELECT
    path_in_schema,
    bool_and(coalesce(stats_null_count = 0, false)),
    bool_and(coalesce(
        stats_null_count = num_values OR (
            TRY_CAST(stats_min_value AS TIMESTAMPTZ) >= /*first*/::TIMESTAMPTZ
            AND TRY_CAST(stats_max_value AS TIMESTAMPTZ) <= /*last*/::TIMESTAMPTZ
        ),
        false
    )),
    bool_and(coalesce(left(stats_min_value, 1) > ' ', false))
FROM parquet_metadata($file)
GROUP BY path_in_schema;

-- name: spellings
-- How times may be spelt besides ISO 8601 with seconds: macros over the parts of such a text; NULL for what is no time.
SET VARIABLE zones = (SELECT list(name) FROM pg_timezone_names() WHERE list_contains($zones::VARCHAR[], name));
CREATE OR REPLACE TEMP MACRO odd_clock(clock) AS (
    CASE
        WHEN clock = '' THEN '00:00:00'
        WHEN contains(clock, ':') THEN replace(clock, ',', '.')
        ELSE regexp_replace(replace(clock, ',', '.'), '^(\d\d)(\d\d)(\d\d)?', '\1:\2:\3').rtrim(':')
    END
);
CREATE OR REPLACE TEMP MACRO odd_date(date) AS (
    CASE WHEN length(date) = 8 AND date NOT LIKE '%-%' AND date NOT LIKE '%/%' THEN regexp_replace(date, '(\d{4})(\d\d)(\d\d)', '\1-\2-\3') ELSE date END
);
-- The hour of a clock of twelve hours, as hours to add.
CREATE OR REPLACE TEMP MACRO odd_half(half, hour) AS (
    CASE
        WHEN half = '' THEN 0
        WHEN hour NOT BETWEEN 1 AND 12 THEN NULL
        WHEN upper(half) = 'PM' THEN CASE WHEN hour < 12 THEN 12 ELSE 0 END
        ELSE CASE WHEN hour = 12 THEN -12 ELSE 0 END
    END
);
CREATE OR REPLACE TEMP MACRO odd_local(date, clock, half) AS (
    TRY_CAST(date || ' ' || clock AS TIMESTAMP) + to_hours(odd_half(half, TRY_CAST(split_part(clock, ':', 1) AS INTEGER)))
);
CREATE OR REPLACE TEMP MACRO odd_instant(stamp, zone, given) AS (
    CASE
        WHEN NOT isfinite(stamp) THEN NULL
        WHEN zone = '' THEN make_timestamp(epoch_us(stamp AT TIME ZONE given))
        WHEN upper(zone) IN ('Z', 'UTC', 'GMT') THEN stamp
        WHEN regexp_full_match(zone, '[+-](0\d|1[0-5]):?([0-5]\d)?')
        THEN stamp - to_minutes(CAST(zone[1] || '1' AS INTEGER) * (60 * CAST(zone[2:3] AS INTEGER) + coalesce(TRY_CAST(replace(zone[4:], ':', '') AS INTEGER), 0)))
        WHEN list_contains(getvariable('zones'), zone) THEN make_timestamp(epoch_us(stamp AT TIME ZONE zone))
    END
);
-- The lists of one element give a part a name, so that no part is planned twice.
CREATE OR REPLACE TEMP MACRO odd_time(parts, given) AS (
    list_transform(
        list_transform(
            list_filter([parts], lambda p: p.date <> ''),
            lambda p: {'stamp': odd_local(odd_date(p.date), odd_clock(p.clock), p.half), 'zone': p.zone}
        ),
        lambda p: odd_instant(p.stamp, p.zone, given)
    )[1]
);
