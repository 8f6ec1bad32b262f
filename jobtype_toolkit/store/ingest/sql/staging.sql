-- name: incoming
-- The rows of one load, typed; and those that cannot be loaded.
CREATE OR REPLACE TEMP TABLE incoming_rows (
    seq BIGINT, file VARCHAR, position BIGINT, extra JSON, reason VARCHAR, /*columns*/
);
CREATE OR REPLACE TEMP VIEW incoming AS SELECT * EXCLUDE (reason) FROM incoming_rows;
CREATE OR REPLACE TEMP TABLE rejected (file VARCHAR, position BIGINT, reason VARCHAR, text VARCHAR);

-- name: is_nested
-- Whether rows are as v6 sends them, with a job type object inside; an input may have both kinds.
SELECT DISTINCT json_type(j, '$.job_type') IS NOT DISTINCT FROM 'OBJECT' FROM raw;

-- name: key_sets
-- The sets of keys that rows and the objects in them have.
SELECT DISTINCT json_keys(j, $paths)
FROM raw
WHERE (json_type(j, '$.job_type') IS NOT DISTINCT FROM 'OBJECT') = $nested;

-- name: key_sets_quick
-- The sets of keys that rows and the objects in them have.
SELECT DISTINCT json_keys(json, $paths)
FROM read_json_objects($files, format = 'array', maximum_object_size = 134217728);

-- name: parsed_careful
-- The rows of `raw`, as v6 sends them or flat, parsed with a structure.
CREATE OR REPLACE TEMP TABLE parsed AS
SELECT seq AS __seq, file AS __file, position AS __position, j AS __j, unnest(from_json(j, $structure))
FROM raw
WHERE (json_type(j, '$.job_type') IS NOT DISTINCT FROM 'OBJECT') = $nested;

-- name: parsed_quick
-- Rows as a v6 server sends them, read by DuckDB's parallel reader.
CREATE OR REPLACE TEMP TABLE parsed AS
SELECT row_number() OVER () AS __seq, NULL::VARCHAR AS __file, NULL::BIGINT AS __position, NULL::JSON AS __j, *
FROM read_json($files, format = 'array', columns = {/*columns*/}, maximum_object_size = 134217728);

-- name: incoming_json
-- Typed rows from JSON, each with the reasons against it.
INSERT INTO incoming_rows (seq, file, position, extra, reason, /*names*/)
SELECT $base + __seq, __file, __position, /*extra*/, concat_ws('; ', /*reasons*/), /*values*/
FROM parsed AS s;

-- name: seen
-- The objects inside v6 rows, one of each.
INSERT INTO seen_/*name*/
SELECT /*values*/
FROM (SELECT any_value(s./*name*/) AS s FROM parsed AS s WHERE s./*name*/ IS NOT NULL GROUP BY /*key*/);

-- name: judged
-- Typed rows from a table, each with the reasons against it.
SELECT
    __position AS seq, /*file*/ AS file, __position AS position, /*extra*/ AS extra,
    concat_ws('; ', /*reasons*/) AS reason, /*values*/
FROM given

-- name: reject_json
-- Move the rows that have a reason against them to `rejected`, with their text.
INSERT INTO rejected
SELECT i.file, i.position, i.reason, left(CAST(p.__j AS VARCHAR), $most)
FROM incoming_rows AS i JOIN parsed AS p ON p.__seq + $base = i.seq
WHERE i.reason <> '';
DELETE FROM incoming_rows WHERE reason <> '';

-- name: csv_fresh
-- What DuckDB's CSV reader could not read, so far nothing.
DROP TABLE IF EXISTS csv_reject;
DROP TABLE IF EXISTS csv_scan;

-- name: csv_positions
-- Rows behind a line that could not be read stand that much further down in the file.
CREATE TEMP TABLE IF NOT EXISTS csv_reject (line UBIGINT);
UPDATE judged_rows
SET position = position + (
    SELECT count(*)
    FROM (SELECT line - row_number() OVER (ORDER BY line) AS rows_before FROM (SELECT DISTINCT line FROM csv_reject))
    WHERE rows_before <= judged_rows.position
)
WHERE (SELECT count(*) FROM csv_reject) > 0;

-- name: table_csv
SELECT *, row_number() OVER () AS __position
FROM read_csv(
    /*file*/, header = true, all_varchar = true, ignore_errors = true, store_rejects = true, rejects_table = 'csv_reject',
    rejects_scan = 'csv_scan', rejects_limit = 0
)

-- name: table_parquet
SELECT *, file_row_number + 1 AS __position FROM read_parquet(/*file*/, file_row_number = true)

-- name: reject_csv
-- Lines that DuckDB's CSV reader could not split into the columns of the header.
INSERT INTO rejected
SELECT DISTINCT ON (line) $file, line - 1, 'not a row of this CSV file: ' || error_message, left(trim(csv_line, chr(10) || chr(13)), $most)
FROM csv_reject;

-- name: reject_table
-- The rows of a table that have a reason against them, with their text; the columns that we count with are no part of it.
INSERT INTO rejected
SELECT i.file, i.position, i.reason, left(regexp_replace(CAST(to_json(g) AS VARCHAR), ',"(__position|file_row_number)":[0-9]+', '', 'g'), $most)
FROM (SELECT seq, file, position, reason FROM judged WHERE reason <> '') AS i
JOIN given AS g ON g.__position = i.seq;
