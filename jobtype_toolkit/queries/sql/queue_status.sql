-- QUEUED jobs by job type (GET queue/status/): unpaused types first, then the most urgent, then the oldest.
-- The priority of a job is that of its type's configuration, 100 where none is known.
WITH counted AS (
    SELECT source, job_type_id, count(*) AS count, min(queued) AS longest_queued
    FROM job_open
    WHERE ($source = '*' OR source = $source) AND status = 'QUEUED'
    GROUP BY source, job_type_id
)
SELECT
    t.source, t.id AS job_type_id, t.name, t.version, t.title, t.description, t.icon_code, t.is_active, t.is_paused,
    t.is_published, t.is_system, t.unmet_resources,
    c.count, c.longest_queued,
    coalesce(TRY_CAST(t.configuration ->> '$.priority' AS BIGINT), 100) AS highest_priority
FROM counted AS c
JOIN job_type AS t ON t.source = c.source AND t.id = c.job_type_id
ORDER BY coalesce(t.is_paused, false), highest_priority, c.longest_queued NULLS LAST, t.source, t.id;
