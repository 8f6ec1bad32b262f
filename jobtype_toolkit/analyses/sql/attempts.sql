-- Finished jobs by group and by how many executions they took, with the hours of those whose executions are loaded.
WITH finished AS (
    SELECT source, id, job_type_id, /*keys*/status, num_exes
    FROM job_final
    WHERE ($source = '*' OR source = $source) AND status IN ('COMPLETED', 'FAILED')
    AND ($started IS NULL OR last_status_change >= $started::TIMESTAMP)
    AND last_status_change < $ended::TIMESTAMP
    AND ($node IS NULL OR list_contains($node::VARCHAR[], node))
),
executed AS (
    SELECT e.source, e.job_id, count(*) AS n,
        count(*) FILTER (WHERE e.ended < e.started) AS backwards,
        sum(date_diff('microsecond', e.started, e.ended)) FILTER (WHERE e.ended >= e.started) / 3.6e9 AS run_hours,
        sum(date_diff('microsecond', e.started, e.ended))
            FILTER (WHERE e.ended >= e.started AND e.status = 'FAILED') / 3.6e9 AS wasted_hours
    FROM job_execution AS e
    WHERE ($source = '*' OR e.source = $source)
    GROUP BY e.source, e.job_id
)
SELECT
    j.source, /*groups*/
    count(*) AS jobs,
    count(*) FILTER (WHERE j.status = 'COMPLETED' AND j.num_exes = 1) AS clean,
    count(*) FILTER (WHERE j.status = 'COMPLETED' AND j.num_exes > 1) AS rescued,
    count(*) FILTER (WHERE j.status = 'FAILED') AS failed,
    count(*) FILTER (WHERE j.status = 'COMPLETED' AND coalesce(j.num_exes, 0) < 1) AS unknown,
    coalesce(sum(j.num_exes), 0)::BIGINT AS attempts,
    count(x.n) AS known,
    coalesce(sum(x.run_hours), 0) AS run_hours,
    coalesce(sum(x.wasted_hours), 0) AS wasted_hours,
    count(*) FILTER (WHERE j.status = 'COMPLETED' AND j.num_exes > 1) / count(*) AS flaky,
    coalesce(sum(x.backwards), 0)::BIGINT AS backwards
FROM finished AS j
JOIN job_type AS t ON t.source = j.source AND t.id = j.job_type_id
LEFT JOIN executed AS x ON x.source = j.source AND x.job_id = j.id AND x.n >= coalesce(j.num_exes, 1)
WHERE ($name IS NULL OR list_contains($name::VARCHAR[], t.name))
AND ($version IS NULL OR list_contains($version::VARCHAR[], t.version))
GROUP BY ALL;
