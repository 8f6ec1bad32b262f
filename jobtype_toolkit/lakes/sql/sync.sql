-- name: mark
-- How far a store has loaded, and the last load that it still tells of.
SELECT
    (SELECT last_load_id FROM meta) AS last_load_id,
    (SELECT max(load_id) FROM load) AS known,
    (SELECT CAST(arg_max(observed, load_id) AS VARCHAR) FROM load) AS observed;

-- name: is_known
-- Whether the store is the one that was synced up to a mark.
SELECT count(*) FROM load WHERE load_id = $known AND CAST(observed AS VARCHAR) = $observed;

-- name: fingerprint
-- What tells whether the rows of a load are those that they were.
SELECT count(*) || '-' || coalesce(bit_xor(hash(/*columns*/)), 0) FROM (/*rows*/) WHERE source = $source AND load_id = $load;

-- name: changed
-- The rows that came since the last sync.
CREATE OR REPLACE TEMP TABLE changed AS
SELECT * FROM (/*rows*/) WHERE source = $source AND ($since IS NULL OR load_id >= $since);

-- name: before
-- What the lake says of them.
CREATE OR REPLACE TEMP TABLE before AS
SELECT
    id, file, state, status, last_modified, load_id, job_type_id, error_id, node, batch_title
FROM /*lake*/ SEMI JOIN changed USING (id);

-- name: winner
-- The jobs of which the lake knows nothing, or something older, or that they were not over yet at the same moment.
CREATE OR REPLACE TEMP TABLE winner AS
SELECT c.*
FROM changed AS c
LEFT JOIN before AS b ON b.id = c.id
WHERE b.id IS NULL OR NOT (
    coalesce(b.last_modified > c.last_modified, false)
    OR (b.last_modified IS NOT DISTINCT FROM c.last_modified AND b.state <> 'open' AND c.state = 'open')
    OR (
        (b.status, b.last_modified, b.load_id, b.job_type_id, b.error_id, b.node, b.batch_title)
        IS NOT DISTINCT FROM (c.status, c.last_modified, c.load_id, c.job_type_id, c.error_id, c.node, c.batch_title)
    )
);

-- name: executions
-- The executions of which the lake says nothing, or something else.
CREATE OR REPLACE TEMP TABLE before AS SELECT * FROM /*lake*/ SEMI JOIN changed USING (id);
CREATE OR REPLACE TEMP TABLE winner AS
SELECT *
FROM changed
WHERE id IN (SELECT id FROM (SELECT /*columns*/ FROM changed EXCEPT SELECT /*columns*/ FROM before));

-- name: gone
-- Open jobs of the lake that the store does not have any more, though it is complete: the server no longer has them.
CREATE OR REPLACE TEMP TABLE gone AS
WITH missing AS (
    SELECT id
    FROM /*lake*/ ANTI JOIN (SELECT id FROM job_open WHERE source = $source) USING (id)
    WHERE state = 'open' AND last_modified < $watermark::TIMESTAMP
    AND ($pruned IS NULL OR coalesce(last_status_change, last_modified) >= $pruned::TIMESTAMP)
)
SELECT id FROM missing ANTI JOIN (SELECT j.id FROM job_final AS j SEMI JOIN missing USING (id) WHERE j.source = $source) USING (id);

-- name: none_gone
CREATE OR REPLACE TEMP TABLE gone (id BIGINT);

-- name: adopted
-- Job types and errors of the lake that were made from what jobs say, and have an id of their own by now.
CREATE OR REPLACE TEMP TABLE adopted AS
SELECT 'job_type' AS kind, l.id AS before, min(h.id) AS after
FROM /*types*/ AS l
JOIN job_type AS h ON h.source = $source AND h.name = l.name AND h.version = l.version
WHERE l.id < 0 AND l.id NOT IN (SELECT id FROM job_type WHERE source = $source)
GROUP BY l.id
UNION ALL
SELECT 'error', l.id, min(h.id)
FROM /*errors*/ AS l
JOIN error AS h ON h.source = $source AND h.name = l.name AND h.job_type_name IS NOT DISTINCT FROM l.job_type_name
WHERE l.id < 0 AND l.id NOT IN (SELECT id FROM error WHERE source = $source)
GROUP BY l.id;

-- name: entered
-- The places that rows enter.
SELECT DISTINCT state, month FROM winner;

-- name: left
-- The files that rows leave, by number, and those of rows whose type or error has a new id.
SELECT b.file FROM before AS b SEMI JOIN winner USING (id)
/*leaving*/
ORDER BY file;

-- name: going
UNION
SELECT file FROM /*lake*/ SEMI JOIN gone USING (id)

-- name: adopting
UNION
SELECT file
FROM /*lake*/
WHERE job_type_id IN (SELECT before FROM adopted WHERE kind = 'job_type')
OR error_id IN (SELECT before FROM adopted WHERE kind = 'error')

-- name: merged
-- The rows of the files that change: what came, and what the lake has besides.
CREATE OR REPLACE TEMP VIEW lake_row AS
SELECT * FROM winner
UNION ALL BY NAME
SELECT
    l.* REPLACE (coalesce(t.after, l.job_type_id) AS job_type_id, coalesce(e.after, l.error_id) AS error_id), /*placed*/
FROM (SELECT * EXCLUDE (file) FROM /*lake*/ ANTI JOIN winner USING (id)) AS l
LEFT JOIN adopted AS t ON t.kind = 'job_type' AND t.before = l.job_type_id
LEFT JOIN adopted AS e ON e.kind = 'error' AND e.before = l.error_id
WHERE l.id NOT IN (SELECT id FROM gone);

-- name: first
-- All rows of a source that the lake does not have yet.
CREATE OR REPLACE TEMP VIEW lake_row AS SELECT * FROM (/*rows*/) WHERE source = /*source*/;

-- name: existing
-- The rows of some files, as they are.
CREATE OR REPLACE TEMP VIEW lake_row AS
SELECT * EXCLUDE (file), /*placed*/ FROM /*lake*/;

-- name: by_id
-- The rows of a table: those of the store, and those that the lake has besides.
SELECT /*columns*/ FROM /*table*/ WHERE source = $source
UNION ALL BY NAME
SELECT * EXCLUDE (file) FROM /*lake*/
WHERE id NOT IN (SELECT id FROM /*table*/ WHERE source = $source)
AND id NOT IN (SELECT before FROM adopted WHERE kind = '/*table*/')

-- name: either
-- What the store has observed, and what the lake has besides.
SELECT /*columns*/ FROM /*table*/ WHERE source = $source
UNION BY NAME
SELECT * EXCLUDE (file) FROM /*lake*/

-- name: newest
-- What the store says, or the lake if the store says nothing.
SELECT /*columns*/ FROM /*table*/ WHERE source = $source
UNION ALL BY NAME
SELECT * EXCLUDE (file) FROM /*lake*/ WHERE NOT EXISTS (SELECT 1 FROM /*table*/ WHERE source = $source)

-- name: source
-- A source as the lake has it: it holds what the store has pruned.
SELECT
    s.source, CAST($jobs AS BIGINT) AS jobs, greatest(s.as_of, l.as_of) AS as_of, greatest(s.observed, l.observed) AS observed,
    s.pulled OR coalesce(l.pulled, false) AS pulled, greatest(s.watermark, l.watermark) AS watermark,
    CAST(NULL AS TIMESTAMP) AS pruned
FROM source AS s LEFT JOIN /*lake*/ AS l ON l.source = s.source
WHERE s.source = $source

-- name: days
-- The jobs that are over by UTC day: as the lake counted them, with those of the files that come, without those of the files that go.
SELECT source, day, job_type_id, revision_num, status, error_id, CAST(sum(n) AS BIGINT) AS n
FROM (
    SELECT * EXCLUDE (file) FROM /*before*/
    UNION ALL BY NAME (/*come*/)
    UNION ALL BY NAME SELECT * REPLACE (-n AS n) FROM (/*gone*/)
)
GROUP BY ALL
HAVING sum(n) <> 0
ORDER BY day, job_type_id, revision_num, status, error_id

-- name: differs
-- How many rows only a query has, or only the lake.
WITH
fresh AS MATERIALIZED (/*fresh*/),
lake AS MATERIALIZED (SELECT * EXCLUDE (file) FROM /*lake*/)
SELECT count(*) FROM ((FROM fresh EXCEPT ALL FROM lake) UNION ALL (FROM lake EXCEPT ALL FROM fresh));
