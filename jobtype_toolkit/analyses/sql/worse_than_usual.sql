-- Finished and failed jobs by job type and day, of each version, node and error: a window, and the 91 days before it.
-- The history of a node or an error is told only where it can be judged: a node with some failures in the window, an error with any.
WITH bounds AS (
    SELECT coalesce($started::TIMESTAMP, $ended::TIMESTAMP - INTERVAL 1 DAY) AS began
),
finished AS (
    SELECT
        source, job_type_id, node, count(*) AS n,
        CAST(floor(date_diff('microsecond', began, last_status_change) / 8.64e10) AS BIGINT) AS day
    FROM job_final, bounds
    WHERE ($source = '*' OR source = $source) AND status IN ('COMPLETED', 'FAILED')
    AND last_status_change >= began - INTERVAL 91 DAY
    AND last_status_change < $ended::TIMESTAMP
    AND ($node IS NULL OR list_contains($node::VARCHAR[], node))
    GROUP BY ALL
),
failed AS (
    SELECT
        source, job_type_id, node, error_id, count(*) AS n,
        CAST(floor(date_diff('microsecond', began, last_status_change) / 8.64e10) AS BIGINT) AS day
    FROM job_failed, bounds
    WHERE ($source = '*' OR source = $source)
    AND last_status_change >= began - INTERVAL 91 DAY
    AND last_status_change < $ended::TIMESTAMP
    AND ($node IS NULL OR list_contains($node::VARCHAR[], node))
    GROUP BY ALL
),
counted AS (
    SELECT f.source, t.name, t.version, f.node, CAST(NULL AS VARCHAR) AS error_name, f.day, f.n AS finished, 0 AS failed
    FROM finished AS f
    JOIN job_type AS t ON t.source = f.source AND t.id = f.job_type_id
    WHERE ($version IS NULL OR list_contains($version::VARCHAR[], t.version))
    UNION ALL
    SELECT f.source, t.name, t.version, f.node, e.name AS error_name, f.day, 0 AS finished, f.n AS failed
    FROM failed AS f
    JOIN job_type AS t ON t.source = f.source AND t.id = f.job_type_id
    LEFT JOIN error AS e ON e.source = f.source AND e.id = f.error_id
    WHERE ($version IS NULL OR list_contains($version::VARCHAR[], t.version))
    AND ($category IS NULL OR list_contains($category::VARCHAR[], e.category))
    AND ($error_name IS NULL OR list_contains($error_name::VARCHAR[], e.name))
),
failing_node AS (
    SELECT source, name, node FROM counted WHERE day >= 0 GROUP BY source, name, node HAVING sum(failed) >= $fewest
),
failing_error AS (
    SELECT source, name, error_name FROM counted WHERE day >= 0 GROUP BY source, name, error_name HAVING sum(failed) > 0
)
SELECT
    source, name, 'version' AS part, version, CAST(NULL AS VARCHAR) AS node, CAST(NULL AS VARCHAR) AS error_name, day,
    CAST(sum(finished) AS BIGINT) AS finished, CAST(sum(failed) AS BIGINT) AS failed
FROM counted
GROUP BY source, name, version, day
UNION ALL
SELECT
    source, name, 'node' AS part, CAST(NULL AS VARCHAR) AS version, node, CAST(NULL AS VARCHAR) AS error_name, day,
    CAST(sum(finished) AS BIGINT) AS finished, CAST(sum(failed) AS BIGINT) AS failed
FROM counted
WHERE node IS NOT NULL AND (day >= 0 OR (source, name, node) IN (SELECT source, name, node FROM failing_node))
GROUP BY source, name, node, day
UNION ALL
SELECT
    source, name, 'error_name' AS part, CAST(NULL AS VARCHAR) AS version, CAST(NULL AS VARCHAR) AS node, error_name, day,
    CAST(0 AS BIGINT) AS finished, CAST(sum(failed) AS BIGINT) AS failed
FROM counted
WHERE error_name IS NOT NULL AND (source, name, error_name) IN (SELECT source, name, error_name FROM failing_error)
GROUP BY source, name, error_name, day
ORDER BY source, name, part, version, node, error_name, day;
