-- name: job_types
SELECT /*columns*/, extra FROM job_type WHERE ($source = '*' OR source = $source) ORDER BY id

-- name: job_type_revisions
SELECT /*columns*/, extra
FROM (
    SELECT r.*, t.name, t.version
    FROM job_type_revision AS r LEFT JOIN job_type AS t ON t.source = r.source AND t.id = r.job_type_id
    WHERE ($source = '*' OR r.source = $source)
)
ORDER BY id

-- name: errors
SELECT /*columns*/, extra FROM error WHERE ($source = '*' OR source = $source) ORDER BY id

-- name: jobs
SELECT /*columns*/, extra FROM job WHERE ($source = '*' OR source = $source) ORDER BY last_status_change, id

-- name: job_executions
SELECT /*columns*/, extra
FROM (
    SELECT x.*, t.name AS job_type, t.version AS job_type_version, e.name AS error_name, e.category AS error_category
    FROM job_execution AS x
    LEFT JOIN job_type AS t ON t.source = x.source AND t.id = x.job_type_id
    LEFT JOIN error AS e ON e.source = x.source AND e.id = x.error_id
    WHERE ($source = '*' OR x.source = $source)
)
ORDER BY id
