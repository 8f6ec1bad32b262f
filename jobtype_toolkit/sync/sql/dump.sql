-- name: input_files
-- The input files of the jobs of a slice, a row each; as the statement for the database does it.
WITH slice AS (
    SELECT id, input FROM job
    WHERE last_modified >= '/*started*/'::TIMESTAMPTZ AND last_modified < '/*ended*/'::TIMESTAMPTZ
), named AS (
    SELECT i.id AS job_id, f.key AS input, f.value AS file_ids
    FROM slice AS i, json_each(i.input, '$.files') AS f
    UNION ALL
    SELECT
        i.id, json_extract_string(d.value, '$.name'),
        coalesce(json_extract(d.value, '$.file_ids'), json_array(json_extract(d.value, '$.file_id')))
    FROM slice AS i, json_each(i.input, '$.input_data') AS d
    WHERE json_exists(d.value, '$.file_id') OR json_exists(d.value, '$.file_ids')
), listed AS (
    SELECT job_id, input, CAST(file_ids AS BIGINT[]) AS ids FROM named
), single AS (
    SELECT job_id, input, unnest(CASE WHEN len(ids) > 0 THEN ids ELSE [NULL] END) AS file_id FROM listed
)
SELECT DISTINCT o.job_id, o.input, s.id AS file_id, s.file_name
FROM single AS o
LEFT JOIN scale_file AS s ON s.id = o.file_id;

-- name: copied
-- A table out of the rows of a COPY: no tab and no line break is in a value, and a backslash begins what stands for one.
CREATE OR REPLACE TEMP MACRO unescaped(value) AS
    CASE
        WHEN contains(value, '\') THEN
            replace(replace(replace(replace(replace(replace(replace(replace(value,
            '\\', chr(0)), '\b', chr(8)), '\t', chr(9)), '\n', chr(10)), '\v', chr(11)), '\f', chr(12)), '\r', chr(13)), chr(0), '\')
        ELSE value
    END;
CREATE TABLE /*table*/ AS
SELECT /*values*/
FROM read_csv(
    /*file*/, columns = {/*columns*/}, delim = '\t', quote = '', escape = '', nullstr = '\N', header = false, auto_detect = false,
    max_line_size = 268435456, compression = 'none', new_line = '\n'
);

-- name: csv
-- A CSV file with a header, as COPY writes it: what stands without quotes and is empty is missing.
SELECT * FROM read_csv(
    /*file*/, header = true, all_varchar = true, delim = ',', quote = '"', escape = '"', nullstr = ['\N', ''],
    allow_quoted_nulls = false, max_line_size = 268435456
)
