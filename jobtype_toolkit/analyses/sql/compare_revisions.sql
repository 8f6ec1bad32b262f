-- The finished jobs of two revisions of a version of a job type: the day, whether it failed, how long it ran and waited, the size of its input.
SELECT
    j.source, CAST(j.revision_num AS VARCHAR) AS side, CAST(date_trunc('day', j.last_status_change) AS TIMESTAMP) AS start,
    CASE WHEN j.status = 'FAILED' THEN 1 ELSE 0 END AS failed,
    CASE WHEN j.status = 'COMPLETED' AND j.ended >= j.started THEN date_diff('microsecond', j.started, j.ended) / 1e6 END AS run_time,
    CASE WHEN j.started >= j.queued THEN date_diff('microsecond', j.queued, j.started) / 1e6 END AS queue_wait,
    j.input_file_size
FROM job_final AS j
JOIN job_type AS t ON t.source = j.source AND t.id = j.job_type_id
WHERE ($source = '*' OR j.source = $source) AND j.status IN ('COMPLETED', 'FAILED')
AND t.name = $name AND t.version = $version AND j.revision_num IN ($before, $after)
AND ($started IS NULL OR j.last_status_change >= $started::TIMESTAMP)
AND j.last_status_change < $ended::TIMESTAMP
AND ($node IS NULL OR list_contains($node::VARCHAR[], j.node))
ORDER BY j.source, j.last_status_change, j.id;
