-- Jobs that are FAILED now with a SYSTEM error, by job type and error, newest first (GET job-types/system-failures/).
WITH counted AS (
    SELECT
        source, job_type_id, error_id, count(*) AS count,
        min(last_status_change) AS first_error, max(last_status_change) AS last_error
    FROM job_failed
    WHERE ($source = '*' OR source = $source)
    GROUP BY source, job_type_id, error_id
)
SELECT
    t.source, t.id AS job_type_id, t.name, t.version, t.title, t.description, t.icon_code, t.is_active, t.is_paused,
    t.is_published, t.is_system, t.unmet_resources,
    e.id AS error_id, e.name AS error_name, e.title AS error_title, e.description AS error_description,
    e.category AS error_category, e.is_builtin AS error_is_builtin, e.should_be_retried AS error_should_be_retried,
    e.job_type_name AS error_job_type_name, e.created AS error_created, e.last_modified AS error_last_modified,
    c.count, c.first_error, c.last_error
FROM counted AS c
JOIN error AS e ON e.source = c.source AND e.id = c.error_id AND e.category = 'SYSTEM'
JOIN job_type AS t ON t.source = c.source AND t.id = c.job_type_id
ORDER BY c.last_error DESC NULLS FIRST, t.source, t.id, e.id;
