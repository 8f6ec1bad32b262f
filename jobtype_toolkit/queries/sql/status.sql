-- Jobs by job type, status and error category (GET job-types/status/).
-- Counted: every RUNNING job, and those that entered their status within the window, both ends inclusive.
-- FAILED jobs come from the narrow table, the others from theirs; the dimensions are joined last.
WITH counted AS (
    SELECT source, job_type_id, status, NULL::BIGINT AS error_id, count(*) AS n, max(last_status_change) AS most_recent
    FROM job_final
    WHERE ($source = '*' OR source = $source) AND status <> 'FAILED'
    AND last_status_change >= $started::TIMESTAMP
    AND last_status_change <= coalesce($ended::TIMESTAMP, '9999-12-31T23:59:59.999999'::TIMESTAMP)
    GROUP BY source, job_type_id, status
    UNION ALL
    SELECT source, job_type_id, status, NULL, count(*), max(last_status_change)
    FROM job_open
    WHERE ($source = '*' OR source = $source)
    AND (
        status = 'RUNNING'
        OR (
            last_status_change >= $started::TIMESTAMP
            AND last_status_change <= coalesce($ended::TIMESTAMP, '9999-12-31T23:59:59.999999'::TIMESTAMP)
        )
    )
    GROUP BY source, job_type_id, status
    UNION ALL
    SELECT source, job_type_id, 'FAILED', error_id, count(*), max(last_status_change)
    FROM job_failed
    WHERE ($source = '*' OR source = $source)
    AND last_status_change >= $started::TIMESTAMP
    AND last_status_change <= coalesce($ended::TIMESTAMP, '9999-12-31T23:59:59.999999'::TIMESTAMP)
    GROUP BY source, job_type_id, error_id
),
by_category AS (
    SELECT
        c.source, c.job_type_id, c.status, e.category, sum(c.n)::BIGINT AS count, max(c.most_recent) AS most_recent
    FROM counted AS c
    LEFT JOIN error AS e ON e.source = c.source AND e.id = c.error_id
    GROUP BY c.source, c.job_type_id, c.status, e.category
)
SELECT
    t.source, t.id AS job_type_id, t.name, t.version, t.title, t.description, t.icon_code, t.is_active, t.is_paused,
    t.is_published, t.is_system, t.unmet_resources,
    c.status, c.category, coalesce(c.count, 0) AS count, c.most_recent
FROM job_type AS t
LEFT JOIN by_category AS c ON c.source = t.source AND c.job_type_id = t.id
WHERE ($source = '*' OR t.source = $source) AND ($is_active IS NULL OR t.is_active = $is_active)
ORDER BY
    t.last_modified NULLS LAST, t.source, t.id,
    coalesce(nullif(array_position($statuses, c.status), 0), 99), c.status,
    coalesce(nullif(array_position($categories, c.category), 0), 99), c.category;
