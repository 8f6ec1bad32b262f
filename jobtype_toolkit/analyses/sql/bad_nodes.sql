-- Finished and failed executions by job type, node and UTC day in a window; jobs of sources without most of the executions.
WITH ran AS (
    SELECT source, id, job_type_id, node, status, error_id, last_status_change AS moment
    FROM job_final
    WHERE ($source = '*' OR source = $source) AND status IN ('COMPLETED', 'FAILED')
    AND ($started IS NULL OR last_status_change >= $started::TIMESTAMP)
    AND last_status_change < $ended::TIMESTAMP
),
tried AS (
    SELECT source, job_id, job_type_id, node, status, error_id, ended AS moment
    FROM job_execution
    WHERE ($source = '*' OR source = $source) AND status IN ('COMPLETED', 'FAILED')
    AND ($started IS NULL OR ended >= $started::TIMESTAMP)
    AND ended < $ended::TIMESTAMP
),
known AS (
    SELECT r.source
    FROM ran AS r
    LEFT JOIN (SELECT DISTINCT source, job_id FROM tried) AS x ON x.source = r.source AND x.job_id = r.id
    GROUP BY r.source
    HAVING 2 * count(x.job_id) >= count(*)
),
counted AS (
    SELECT source, job_type_id, node, status, error_id, moment, 'jobs' AS counts
    FROM ran
    WHERE source NOT IN (SELECT source FROM known)
    UNION ALL
    SELECT source, job_type_id, node, status, error_id, moment, 'executions' AS counts
    FROM tried
    WHERE source IN (SELECT source FROM known)
)
SELECT
    c.source, t.name, t.version, c.node, c.counts, CAST(date_trunc('day', c.moment) AS TIMESTAMP) AS start,
    count(*) AS finished,
    CAST(sum(CASE
        WHEN c.status = 'FAILED' AND ($category IS NULL OR list_contains($category::VARCHAR[], e.category)) THEN 1 ELSE 0
    END) AS BIGINT) AS failed
FROM counted AS c
JOIN job_type AS t ON t.source = c.source AND t.id = c.job_type_id
LEFT JOIN error AS e ON e.source = c.source AND e.id = c.error_id
WHERE ($node IS NULL OR list_contains($node::VARCHAR[], c.node))
AND ($version IS NULL OR list_contains($version::VARCHAR[], t.version))
GROUP BY c.source, t.name, t.version, c.node, c.counts, date_trunc('day', c.moment)
ORDER BY c.source, t.name, t.version, c.node, start;
