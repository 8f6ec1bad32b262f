-- name: settings
-- What holds for the session. `jit`, which is unknown before PostgreSQL 11, makes short statements slow.
SELECT set_config(name, 'off', false) FROM pg_settings WHERE name = 'jit';
SELECT set_config('application_name', 'jobtype-toolkit backfill', false);
SELECT set_config('statement_timeout', '/*milliseconds*/', false);
SELECT set_config('lock_timeout', '/*milliseconds*/', false);
SELECT set_config('default_transaction_read_only', 'on', false);

-- name: columns
-- The columns of the tables that are found by name alone, and whether this role may read them.
SELECT c.relname::TEXT, a.attname::TEXT, has_column_privilege(c.oid, a.attnum, 'SELECT')
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relname IN (/*tables*/) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_table_is_visible(c.oid);

-- name: row_count
-- How many jobs there were when the table was last analysed: to count them would read them all.
SELECT greatest(reltuples, 0)::BIGINT FROM pg_class WHERE oid = 'job'::REGCLASS

-- name: now
-- The server's present.
SELECT clock_timestamp();

-- name: input_files
-- The input files of the jobs of a slice, a row each. Aggregating here costs a hundred times more. Jobs from before 6.0 may still
-- have the old form of an input.
WITH slice AS (
    SELECT id, input FROM job
    WHERE last_modified >= '/*started*/'::TIMESTAMPTZ AND last_modified < '/*ended*/'::TIMESTAMPTZ
), named AS (
    SELECT i.id AS job_id, f.key AS input, f.value AS file_ids
    FROM slice AS i
    CROSS JOIN LATERAL jsonb_each(CASE jsonb_typeof(i.input -> 'files') WHEN 'object' THEN i.input -> 'files' END) AS f
    UNION ALL
    SELECT i.id, d ->> 'name', coalesce(d -> 'file_ids', jsonb_build_array(d -> 'file_id'))
    FROM slice AS i
    CROSS JOIN LATERAL jsonb_array_elements(
        CASE jsonb_typeof(i.input -> 'input_data') WHEN 'array' THEN i.input -> 'input_data' END
    ) AS d
    WHERE d ? 'file_id' OR d ? 'file_ids'
)
SELECT DISTINCT o.job_id, o.input, s.id AS file_id, s.file_name
FROM named AS o
LEFT JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(o.file_ids) WHEN 'array' THEN o.file_ids END) AS x ON true
LEFT JOIN scale_file AS s ON s.id = x::BIGINT;
