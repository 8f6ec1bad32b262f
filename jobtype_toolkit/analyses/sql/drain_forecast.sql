-- Of job types with jobs on the queue: what waits and runs, and how many jobs were queued, started and finished in each quarter of an
-- hour from $first on, counted from 0.
WITH waiting AS (
    SELECT source, job_type_id,
        count(*) FILTER (WHERE status = 'QUEUED') AS queued,
        count(*) FILTER (WHERE status = 'RUNNING') AS running
    FROM job_open
    WHERE ($source = '*' OR source = $source) AND coalesce(last_status_change, queued) < $now::TIMESTAMP
    GROUP BY source, job_type_id
),
job AS (
    SELECT source, job_type_id, status, queued, started, last_status_change
    FROM job_final
    WHERE ($source = '*' OR source = $source)
    AND last_status_change >= $first::TIMESTAMP AND last_status_change < $now::TIMESTAMP
    UNION ALL
    SELECT source, job_type_id, status, queued, CASE WHEN status = 'RUNNING' THEN started END, last_status_change
    FROM job_open
    WHERE ($source = '*' OR source = $source) AND status IN ('QUEUED', 'RUNNING')
    AND coalesce(last_status_change, queued) < $now::TIMESTAMP
),
event AS (
    SELECT source, job_type_id, queued AS moment, 1 AS arrived, 0 AS begun, 0 AS finished FROM job
    UNION ALL
    SELECT source, job_type_id, started, 0, 1, 0 FROM job
    UNION ALL
    SELECT source, job_type_id, last_status_change, 0, 0, 1 FROM job WHERE status IN ('COMPLETED', 'FAILED')
),
counted AS (
    SELECT source, job_type_id, date_diff('microsecond', $first::TIMESTAMP, moment) // 900000000 AS place,
        sum(arrived)::BIGINT AS arrived, sum(begun)::BIGINT AS begun, sum(finished)::BIGINT AS finished
    FROM event
    WHERE moment >= $first::TIMESTAMP AND moment < $now::TIMESTAMP
    GROUP BY ALL
)
SELECT
    w.source, t.name, t.version, coalesce(t.is_paused, false) AS is_paused, w.queued, w.running,
    coalesce(c.place, 0) AS place, coalesce(c.arrived, 0) AS arrived, coalesce(c.begun, 0) AS begun,
    coalesce(c.finished, 0) AS finished
FROM waiting AS w
JOIN job_type AS t ON t.source = w.source AND t.id = w.job_type_id
LEFT JOIN counted AS c ON c.source = w.source AND c.job_type_id = w.job_type_id
WHERE w.queued > 0
AND ($name IS NULL OR list_contains($name::VARCHAR[], t.name))
AND ($version IS NULL OR list_contains($version::VARCHAR[], t.version))
ORDER BY t.name, t.version, w.source, place;
