-- Run times of COMPLETED jobs by group, in seconds, with a grid of quantiles for the interval of the median.
WITH timed AS (
    SELECT source, job_type_id, /*keys*/date_diff('microsecond', started, ended) / 1e6 AS took, input_file_size AS size
    FROM job_final
    WHERE ($source = '*' OR source = $source) AND status = 'COMPLETED'
    AND ($started IS NULL OR last_status_change >= $started::TIMESTAMP)
    AND last_status_change < $ended::TIMESTAMP
    AND ($node IS NULL OR list_contains($node::VARCHAR[], node))
)
SELECT
    j.source, /*groups*/
    count(*) FILTER (WHERE took >= 0) AS n,
    count(*) FILTER (WHERE took < 0) AS backwards,
    count(*) FILTER (WHERE took IS NULL) AS untimed,
    quantile_cont(took, $grid::DOUBLE[]) FILTER (WHERE took >= 0) AS grid,
    quantile_cont(took / size, 0.5) FILTER (WHERE took >= 0 AND size > 0) AS per_mib_p50
FROM timed AS j
JOIN job_type AS t ON t.source = j.source AND t.id = j.job_type_id
WHERE ($name IS NULL OR list_contains($name::VARCHAR[], t.name))
AND ($version IS NULL OR list_contains($version::VARCHAR[], t.version))
GROUP BY ALL;
