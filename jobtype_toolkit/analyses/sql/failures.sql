-- FAILED jobs of all categories by job type and error over a window, most frequent first.
WITH failed AS (
    SELECT
        source, job_type_id, error_id, count(*) AS count,
        min(last_status_change) AS first_error, max(last_status_change) AS last_error,
        arg_max(id, (last_status_change, id)) AS last_job_id
    FROM job_failed
    WHERE ($source = '*' OR source = $source)
    AND ($started IS NULL OR last_status_change >= $started::TIMESTAMP)
    AND ($ended IS NULL OR last_status_change <= $ended::TIMESTAMP)
    AND ($node IS NULL OR list_contains($node::VARCHAR[], node))
    GROUP BY source, job_type_id, error_id
),
finished AS (
    SELECT source, job_type_id, count(*) AS n
    FROM job_final
    WHERE ($source = '*' OR source = $source) AND status IN ('COMPLETED', 'FAILED')
    AND ($started IS NULL OR last_status_change >= $started::TIMESTAMP)
    AND ($ended IS NULL OR last_status_change <= $ended::TIMESTAMP)
    AND ($node IS NULL OR list_contains($node::VARCHAR[], node))
    GROUP BY source, job_type_id
)
SELECT
    t.source, t.id AS job_type_id, t.name, t.version, t.title, t.description, t.icon_code, t.is_active, t.is_paused,
    t.is_published, t.is_system, t.unmet_resources,
    e.id AS error_id, e.name AS error_name, e.title AS error_title, e.description AS error_description,
    e.category AS error_category, e.is_builtin AS error_is_builtin, e.should_be_retried AS error_should_be_retried,
    e.job_type_name AS error_job_type_name, e.created AS error_created, e.last_modified AS error_last_modified,
    f.count, f.count / n.n AS share, f.first_error, f.last_error, f.last_job_id
FROM failed AS f
JOIN job_type AS t ON t.source = f.source AND t.id = f.job_type_id
JOIN finished AS n ON n.source = f.source AND n.job_type_id = f.job_type_id
LEFT JOIN error AS e ON e.source = f.source AND e.id = f.error_id
WHERE ($category IS NULL OR list_contains($category::VARCHAR[], e.category))
AND ($error_name IS NULL OR list_contains($error_name::VARCHAR[], e.name))
AND ($name IS NULL OR list_contains($name::VARCHAR[], t.name))
AND ($version IS NULL OR list_contains($version::VARCHAR[], t.version))
ORDER BY f.count DESC, f.last_error DESC NULLS LAST, t.source, t.id, e.id;
