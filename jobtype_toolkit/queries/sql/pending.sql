-- PENDING jobs by job type, longest first (GET job-types/pending/).
WITH counted AS (
    SELECT source, job_type_id, count(*) AS count, min(last_status_change) AS longest_pending
    FROM job_open
    WHERE ($source = '*' OR source = $source) AND status = 'PENDING'
    GROUP BY source, job_type_id
)
SELECT
    t.source, t.id AS job_type_id, t.name, t.version, t.title, t.description, t.icon_code, t.is_active, t.is_paused,
    t.is_published, t.is_system, t.unmet_resources,
    c.count, c.longest_pending
FROM counted AS c
JOIN job_type AS t ON t.source = c.source AND t.id = c.job_type_id
ORDER BY c.longest_pending NULLS LAST, t.source, t.id;
