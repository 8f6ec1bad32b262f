-- Every table and view of a store with its columns and what they mean.
SELECT c.table_name AS "table", c.column_name AS "column", c.data_type AS "type", coalesce(c.comment, o.comment) AS meaning
FROM duckdb_columns() AS c
LEFT JOIN (
    SELECT table_name, column_name, any_value(comment) AS comment
    FROM duckdb_columns()
    WHERE table_name IN ('job_final', 'job_type') AND NOT internal
    GROUP BY ALL
) AS o ON c.table_name = 'job' AND o.table_name = 'job_final' AND o.column_name = c.column_name
WHERE NOT c.internal AND c.schema_name = 'main'
ORDER BY c.table_name = 'meta', c.table_name, c.column_index;
