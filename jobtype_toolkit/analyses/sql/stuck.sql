-- RUNNING jobs that have been running longer than they may: beyond the timeout of their execution, revision or type, or, where
-- none is known, beyond a multiple of what the COMPLETED jobs of their type took.
WITH running AS (
    SELECT j.source, j.id, j.job_type_id, j.revision_num, j.num_exes, j.node, j.started, t.name, t.version, t.manifest,
        date_diff('microsecond', j.started, $now::TIMESTAMP) / 1e6 AS running_for
    FROM job_open AS j
    JOIN job_type AS t ON t.source = j.source AND t.id = j.job_type_id
    WHERE ($source = '*' OR j.source = $source) AND j.status = 'RUNNING'
    AND j.started < $now::TIMESTAMP AND coalesce(j.last_status_change, j.started) < $now::TIMESTAMP
    AND ($name IS NULL OR list_contains($name::VARCHAR[], t.name))
    AND ($version IS NULL OR list_contains($version::VARCHAR[], t.version))
    AND ($node IS NULL OR list_contains($node::VARCHAR[], j.node))
),
executed AS (
    SELECT e.source, e.job_id, arg_max(e.timeout, e.exe_num) AS timeout
    FROM job_execution AS e
    JOIN running AS r ON r.source = e.source AND r.id = e.job_id
    WHERE r.num_exes IS NULL OR e.exe_num = r.num_exes
    GROUP BY e.source, e.job_id
),
timed AS (
    SELECT r.*,
        coalesce(
            x.timeout,
            TRY_CAST(json_extract_string(v.manifest, '$.job.timeout') AS DOUBLE),
            TRY_CAST(json_extract_string(r.manifest, '$.job.timeout') AS DOUBLE)
        ) AS timeout
    FROM running AS r
    LEFT JOIN executed AS x ON x.source = r.source AND x.job_id = r.id
    LEFT JOIN job_type_revision AS v
        ON v.source = r.source AND v.job_type_id = r.job_type_id AND v.revision_num = r.revision_num
),
usual AS (
    SELECT source, job_type_id, quantile_cont(date_diff('microsecond', started, ended) / 1e6, 0.99) AS p99, count(*) AS n
    FROM job_final
    WHERE ($source = '*' OR source = $source) AND status = 'COMPLETED'
    AND last_status_change < $now::TIMESTAMP AND ended >= started
    AND (source, job_type_id) IN (SELECT source, job_type_id FROM timed WHERE coalesce(timeout, 0) <= 0)
    GROUP BY source, job_type_id
),
judged AS (
    SELECT t.source, t.id, t.name, t.version, t.node, t.started, t.running_for,
        CASE WHEN t.timeout > 0 THEN t.timeout WHEN u.n >= $fewest THEN $times * u.p99 END AS allowed,
        CASE WHEN t.timeout > 0 THEN 'timeout' ELSE 'usual' END AS reason
    FROM timed AS t
    LEFT JOIN usual AS u ON u.source = t.source AND u.job_type_id = t.job_type_id
)
SELECT source, id, name, version, node, started, running_for, allowed, reason
FROM judged
WHERE running_for > allowed
ORDER BY running_for / allowed DESC, name, version, source, id;
