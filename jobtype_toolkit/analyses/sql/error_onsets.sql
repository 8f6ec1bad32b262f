-- What tells since when types fail with an error: daily counts of the window and 60 days before, when each error was seen first
-- and last, and what changed around it. One kind of fact per `fact`.
WITH failed AS (
    SELECT source, job_type_id, error_id, node, date_trunc('day', last_status_change) AS day, count(*) AS n
    FROM job_failed
    WHERE ($source = '*' OR source = $source)
    AND ($started IS NULL OR last_status_change >= date_trunc('day', $started::TIMESTAMP) - INTERVAL 60 DAY)
    AND last_status_change < $ended::TIMESTAMP
    AND ($node IS NULL OR list_contains($node::VARCHAR[], node))
    GROUP BY source, job_type_id, error_id, node, date_trunc('day', last_status_change)
),
finished AS (
    SELECT source, job_type_id, node, date_trunc('day', last_status_change) AS day, count(*) AS n
    FROM job_final
    WHERE ($source = '*' OR source = $source) AND status IN ('COMPLETED', 'FAILED')
    AND ($started IS NULL OR last_status_change >= date_trunc('day', $started::TIMESTAMP) - INTERVAL 60 DAY)
    AND last_status_change < $ended::TIMESTAMP
    AND ($node IS NULL OR list_contains($node::VARCHAR[], node))
    GROUP BY source, job_type_id, node, date_trunc('day', last_status_change)
),
seen AS (
    SELECT
        source, job_type_id, error_id, min(last_status_change) AS first_seen, max(last_status_change) AS last_seen,
        sum(CASE WHEN $started IS NULL OR last_status_change >= $started::TIMESTAMP THEN 1 ELSE 0 END) AS n
    FROM job_failed
    WHERE ($source = '*' OR source = $source) AND last_status_change < $ended::TIMESTAMP
    AND ($node IS NULL OR list_contains($node::VARCHAR[], node))
    GROUP BY source, job_type_id, error_id
),
failing AS (
    SELECT DISTINCT s.source, t.name
    FROM seen AS s
    JOIN job_type AS t ON t.source = s.source AND t.id = s.job_type_id
    WHERE s.n > 0
),
used AS (
    SELECT source, job_type_id, min(coalesce(started, last_status_change)) AS first_used
    FROM job_final
    WHERE ($source = '*' OR source = $source) AND status IN ('COMPLETED', 'FAILED') AND last_status_change < $ended::TIMESTAMP
    GROUP BY source, job_type_id
),
facts AS (
    SELECT
        source, 'failed' AS fact, job_type_id, error_id, node, CAST(NULL AS VARCHAR) AS field,
        CAST(NULL AS VARCHAR) AS value, CAST(day AS TIMESTAMP) AS moment, CAST(NULL AS TIMESTAMP) AS last_moment, n
    FROM failed
    UNION ALL
    SELECT source, 'finished' AS fact, job_type_id, NULL, node, NULL, NULL, CAST(day AS TIMESTAMP), NULL, n FROM finished
    UNION ALL
    SELECT source, 'seen' AS fact, job_type_id, error_id, NULL, NULL, NULL, first_seen, last_seen, n FROM seen
    UNION ALL
    SELECT source, 'used' AS fact, job_type_id, NULL, NULL, NULL, NULL, first_used, NULL, 1 FROM used
    UNION ALL
    SELECT source, 'revision' AS fact, job_type_id, NULL, NULL, NULL, CAST(revision_num AS VARCHAR), created, NULL, 1
    FROM job_type_revision
    WHERE ($source = '*' OR source = $source) AND created < $ended::TIMESTAMP
    UNION ALL
    SELECT source, 'change' AS fact, job_type_id, NULL, NULL, field, after, observed, NULL, 1
    FROM job_type_change
    WHERE ($source = '*' OR source = $source) AND observed < $ended::TIMESTAMP
    UNION ALL
    SELECT source, 'edited' AS fact, id, NULL, NULL, NULL, NULL, last_modified, NULL, 1
    FROM job_type
    WHERE ($source = '*' OR source = $source) AND last_modified < $ended::TIMESTAMP
    AND (created IS NULL OR last_modified > created + INTERVAL 1 MINUTE)
    UNION ALL
    SELECT source, 'change' AS fact, id, NULL, NULL, 'is_paused', 'true', paused, NULL, 1
    FROM job_type
    WHERE ($source = '*' OR source = $source) AND paused < $ended::TIMESTAMP
)
SELECT
    f.source, f.fact, t.name, t.version, e.name AS error_name, e.category AS error_category, f.node, f.field, f.value,
    f.moment, f.last_moment, CAST(f.n AS BIGINT) AS n
FROM facts AS f
JOIN job_type AS t ON t.source = f.source AND t.id = f.job_type_id
LEFT JOIN error AS e ON e.source = f.source AND e.id = f.error_id
JOIN failing AS g ON g.source = f.source AND g.name = t.name
WHERE ($version IS NULL OR list_contains($version::VARCHAR[], t.version))
AND (f.fact NOT IN ('failed', 'seen') OR $category IS NULL OR list_contains($category::VARCHAR[], e.category))
ORDER BY f.source, t.name, t.version, e.name, f.fact, f.node, f.moment, f.field, f.value;
