-- name: tables
-- What a load works with, empty: all of it temporary and gone with the connection.
-- The typed rows that can be loaded, filled by `v6_rows` and `take_checked`; their rowids are the order of the input.
CREATE TEMP TABLE incoming_rows (/*columns*/, extra JSON);
-- What the merge reads; the load of a single Parquet file puts a view over that in its place.
CREATE TEMP VIEW incoming AS SELECT rowid AS seq, * FROM incoming_rows;
-- The rows that cannot be loaded, filled by `reject_…`.
CREATE TEMP TABLE rejected (file VARCHAR, position BIGINT, reason VARCHAR, text VARCHAR);
-- The objects inside v6 rows, filled by `embedded_…`; the merge infers job types and errors from them.
CREATE TEMP TABLE embedded_job_type (/*embedded_job_type*/);
CREATE TEMP TABLE embedded_error (/*embedded_error*/);

-- name: v6_rows
-- Rows that msgspec found to be exactly as a v6 server sends them, read by all cores.
INSERT INTO incoming_rows (/*names*/)
SELECT /*values*/
FROM read_json($files, format = '/*format*/', columns = {/*columns*/}, maximum_object_size = /*most_bytes*/) AS s;

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
INSERT INTO incoming_rows BY NAME SELECT * EXCLUDE (seq, file, position, reason) FROM checked WHERE reason = '';

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

-- name: csv_fresh
-- What DuckDB's CSV reader could not read, so far nothing.
DROP TABLE IF EXISTS csv_reject;
DROP TABLE IF EXISTS csv_scan;

-- name: csv_positions
-- Rows behind a line that could not be read stand that much further down in the file.
UPDATE checked
SET position = position + (
    SELECT count(*)
    FROM (SELECT line - row_number() OVER (ORDER BY line) AS rows_before FROM (SELECT DISTINCT line FROM csv_reject))
    WHERE rows_before <= checked.position
);

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
FROM (SELECT seq, file, position, reason FROM checked WHERE reason <> '') AS i
JOIN table_row AS g ON g.__position = i.seq;

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
