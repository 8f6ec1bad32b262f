-- How many jobs came on the queue and left it, by name and by the first full hour or day from then on, from $first to $last; what
-- came before stands at $first. Then, as `snapshot`, what the pulls saw on the queue, by the full hour or day after them.
WITH waited AS (
    SELECT source, job_type_id, queued, started
    FROM job_final
    WHERE ($source = '*' OR source = $source) AND last_status_change < $now::TIMESTAMP
    AND queued IS NOT NULL AND started > $first::TIMESTAMP AND queued < started
    UNION ALL
    SELECT source, job_type_id, queued, CASE WHEN status = 'RUNNING' OR started > queued THEN started END AS started
    FROM job_open
    WHERE ($source = '*' OR source = $source) AND coalesce(last_status_change, created, queued) < $now::TIMESTAMP
    AND queued IS NOT NULL
    AND (status = 'QUEUED' OR (started > $first::TIMESTAMP AND queued < started))
),
steps AS (
    SELECT source, job_type_id, queued AS moment, 1 AS step FROM waited
    UNION ALL
    SELECT source, job_type_id, started, -1 FROM waited WHERE started IS NOT NULL
),
asked AS (
    SELECT DISTINCT source, taken FROM snapshot
    WHERE ($source = '*' OR source = $source) AND taken < $now::TIMESTAMP AND taken > $first::TIMESTAMP - $length::INTERVAL
),
pulled AS (
    SELECT a.source, max(a.taken) AS taken,
        CASE WHEN date_trunc($per, a.taken) = a.taken THEN a.taken ELSE date_trunc($per, a.taken) + $length::INTERVAL END AS moment
    FROM asked AS a
    GROUP BY ALL
)
SELECT
    s.source, t.name,
    greatest(
        CASE WHEN date_trunc($per, s.moment) = s.moment THEN s.moment ELSE date_trunc($per, s.moment) + $length::INTERVAL END,
        $first::TIMESTAMP
    )::TIMESTAMP AS moment,
    sum(s.step)::BIGINT AS step, NULL::BIGINT AS snapshot
FROM steps AS s
JOIN job_type AS t ON t.source = s.source AND t.id = s.job_type_id
WHERE s.moment <= $last::TIMESTAMP AND ($name IS NULL OR list_contains($name::VARCHAR[], t.name))
GROUP BY ALL
UNION ALL
SELECT p.source, t.name, p.moment::TIMESTAMP AS moment, 0::BIGINT AS step,
    coalesce(sum(q.count) FILTER (WHERE q.view = 'queue_status'), 0)::BIGINT AS snapshot
FROM pulled AS p
JOIN job_type AS t ON t.source = p.source
LEFT JOIN snapshot AS q ON q.source = p.source AND q.taken = p.taken AND q.job_type_id = t.id
WHERE p.moment >= $first::TIMESTAMP AND p.moment <= $last::TIMESTAMP
AND ($name IS NULL OR list_contains($name::VARCHAR[], t.name))
GROUP BY ALL;
