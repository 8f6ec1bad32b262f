-- name: job
-- The whole job history under v6's field names.
SELECT
    j.source,
    t.name AS job_type,
    t.version AS job_type_version,
    e.name AS error_name,
    e.category AS error_category,
    /*stored*/,
    j.load_id,
    j.extra
FROM (FROM job_final UNION ALL FROM job_open) AS j
LEFT JOIN job_type AS t ON t.source = j.source AND t.id = j.job_type_id
LEFT JOIN error AS e ON e.source = j.source AND e.id = j.error_id;

-- name: describe
-- Every table and view of a store with its columns and what they mean; the types are those that a reader's own SQL sees.
SELECT
    c.table_name AS "table",
    c.column_name AS "column",
    if(c.data_type = 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE', c.data_type) AS "type",
    coalesce(c.comment, o.comment) AS meaning
FROM duckdb_columns() AS c
LEFT JOIN (
    SELECT table_name, column_name, any_value(comment) AS comment
    FROM duckdb_columns()
    WHERE table_name IN ('job_final', 'job_type') AND NOT internal
    GROUP BY ALL
) AS o ON c.table_name = 'job' AND o.table_name = 'job_final' AND o.column_name = c.column_name
WHERE NOT c.internal AND c.schema_name = 'main'
ORDER BY c.table_name = 'meta', c.table_name, c.column_index;

-- name: counts
-- How many rows the tables hold that a summary tells of.
SELECT
    (SELECT count(*) FROM job_type) AS job_type,
    (SELECT count(*) FROM job_type_revision) AS job_type_revision,
    (SELECT count(*) FROM error) AS error,
    (SELECT count(*) FROM job_execution) AS job_execution;

-- name: times
-- The naive times of the tables and views that a query speaks of.
SELECT database_name, table_name, list(column_name ORDER BY column_index)
FROM duckdb_columns()
WHERE database_name = current_database() AND schema_name = 'main' AND NOT internal AND data_type = 'TIMESTAMP'
    AND list_contains($words, lower(table_name))
GROUP BY ALL;
