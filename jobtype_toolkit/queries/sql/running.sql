-- RUNNING jobs by job type, longest first (GET job-types/running/).
WITH counted AS (
    SELECT source, job_type_id, count(*) AS count, min(last_status_change) AS longest_running
    FROM job_open
    WHERE ($source = '*' OR source = $source) AND status = 'RUNNING'
    GROUP BY source, job_type_id
)
SELECT
    t.source, t.id AS job_type_id, t.name, t.version, t.title, t.description, t.icon_code, t.is_active, t.is_paused,
    t.is_published, t.is_system, t.unmet_resources,
    c.count, c.longest_running
FROM counted AS c
JOIN job_type AS t ON t.source = c.source AND t.id = c.job_type_id
ORDER BY c.longest_running NULLS LAST, t.source, t.id;
