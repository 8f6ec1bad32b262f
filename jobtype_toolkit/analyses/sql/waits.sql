-- How long jobs that started had waited on the queue, by group, in seconds, with a grid of quantiles for the interval of the median.
WITH begun AS (
    SELECT source, job_type_id, /*keys*/status, date_diff('microsecond', queued, started) / 1e6 AS took
    FROM job_final
    WHERE ($source = '*' OR source = $source)
    AND ($started IS NULL OR last_status_change >= $started::TIMESTAMP)
    AND last_status_change < $ended::TIMESTAMP
    AND ($node IS NULL OR list_contains($node::VARCHAR[], node))
    UNION ALL
    SELECT source, job_type_id, /*keys*/status, date_diff('microsecond', queued, started) / 1e6 AS took
    FROM job_open
    WHERE ($source = '*' OR source = $source) AND status = 'RUNNING'
    AND ($started IS NULL OR last_status_change >= $started::TIMESTAMP)
    AND last_status_change < $ended::TIMESTAMP
    AND ($node IS NULL OR list_contains($node::VARCHAR[], node))
)
SELECT
    j.source, /*groups*/
    count(*) FILTER (WHERE took >= 0) AS n,
    count(*) FILTER (WHERE took < 0) AS backwards,
    count(*) FILTER (WHERE took IS NULL AND status <> 'CANCELED') AS untimed,
    quantile_cont(took, $grid::DOUBLE[]) FILTER (WHERE took >= 0) AS grid
FROM begun AS j
JOIN job_type AS t ON t.source = j.source AND t.id = j.job_type_id
WHERE ($name IS NULL OR list_contains($name::VARCHAR[], t.name))
AND ($version IS NULL OR list_contains($version::VARCHAR[], t.version))
GROUP BY ALL;
