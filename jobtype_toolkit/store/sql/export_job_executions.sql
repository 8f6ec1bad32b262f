SELECT /*columns*/, extra
FROM (
    SELECT x.*, t.name AS job_type, t.version AS job_type_version, e.name AS error_name, e.category AS error_category
    FROM job_execution AS x
    LEFT JOIN job_type AS t ON t.source = x.source AND t.id = x.job_type_id
    LEFT JOIN error AS e ON e.source = x.source AND e.id = x.error_id
    WHERE ($source = '*' OR x.source = $source)
)
ORDER BY id
