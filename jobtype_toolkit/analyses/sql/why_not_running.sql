-- What is known of each job type and of its waiting jobs at an instant. The state of a type is what it was then: a change that was
-- seen later is undone.
WITH undone AS (
    SELECT source, job_type_id, field, arg_min(before, observed) AS before
    FROM job_type_change
    WHERE ($source = '*' OR source = $source) AND observed >= $now::TIMESTAMP
    GROUP BY source, job_type_id, field
),
waiting AS (
    SELECT source, job_type_id,
        count(*) FILTER (WHERE status = 'QUEUED') AS queued,
        count(*) FILTER (WHERE status = 'RUNNING') AS running,
        count(*) FILTER (WHERE status = 'PENDING') AS pending,
        count(*) FILTER (WHERE status = 'BLOCKED') AS blocked,
        min(queued) FILTER (WHERE status = 'QUEUED') AS longest_queued,
        min(coalesce(last_status_change, created)) FILTER (WHERE status IN ('PENDING', 'BLOCKED')) AS longest_waiting
    FROM job_open
    WHERE ($source = '*' OR source = $source)
    AND (coalesce(last_status_change, created) IS NULL OR coalesce(last_status_change, created) < $now::TIMESTAMP)
    GROUP BY source, job_type_id
)
SELECT
    t.source, t.name, t.version, t.inferred, t.configuration IS NOT NULL AS has_configuration,
    CASE WHEN p.field IS NOT NULL THEN p.before = 'true' WHEN t.paused >= $now::TIMESTAMP THEN false ELSE t.is_paused END AS is_paused,
    CASE WHEN a.field IS NOT NULL THEN a.before = 'true' WHEN t.deprecated >= $now::TIMESTAMP THEN true ELSE t.is_active END AS is_active,
    CASE WHEN u.field IS NULL THEN t.unmet_resources ELSE u.before END AS unmet_resources,
    CASE WHEN m.field IS NULL THEN t.max_scheduled ELSE TRY_CAST(m.before AS BIGINT) END AS max_scheduled,
    t.paused, t.deprecated,
    coalesce(TRY_CAST(t.configuration ->> '$.priority' AS BIGINT), 100) AS priority,
    coalesce(w.queued, 0) AS queued, coalesce(w.running, 0) AS running, coalesce(w.pending, 0) AS pending,
    coalesce(w.blocked, 0) AS blocked, w.longest_queued, w.longest_waiting
FROM job_type AS t
LEFT JOIN waiting AS w ON w.source = t.source AND w.job_type_id = t.id
LEFT JOIN undone AS p ON p.source = t.source AND p.job_type_id = t.id AND p.field = 'is_paused'
LEFT JOIN undone AS a ON a.source = t.source AND a.job_type_id = t.id AND a.field = 'is_active'
LEFT JOIN undone AS u ON u.source = t.source AND u.job_type_id = t.id AND u.field = 'unmet_resources'
LEFT JOIN undone AS m ON m.source = t.source AND m.job_type_id = t.id AND m.field = 'max_scheduled'
WHERE ($source = '*' OR t.source = $source) AND (t.created IS NULL OR t.created < $now::TIMESTAMP)
ORDER BY t.name, t.version, t.source, t.id;
