-- What happened to job types and errors in a window: what records tell, what two loads or pulls saw, and errors that came or went.
WITH type AS (
    SELECT source, id, name, version, created, paused, deprecated, last_modified,
        min(created) OVER (PARTITION BY source, name) AS first_created
    FROM job_type
    WHERE ($source = '*' OR source = $source) AND NOT coalesce(inferred, false)
    AND ($name IS NULL OR list_contains($name::VARCHAR[], name))
),
revision AS (
    SELECT r.source, r.job_type_id, t.name, t.version, r.revision_num, r.docker_image, r.created
    FROM job_type_revision AS r
    JOIN type AS t ON t.source = r.source AND t.id = r.job_type_id
    WHERE r.created >= $started::TIMESTAMP AND r.created < $ended::TIMESTAMP
),
seen AS (
    SELECT c.source, c.job_type_id, t.name, t.version, c.field, c.before, c.after, c.observed, t.paused, t.deprecated
    FROM job_type_change AS c
    JOIN type AS t ON t.source = c.source AND t.id = c.job_type_id
    WHERE c.observed >= $started::TIMESTAMP AND c.observed < $ended::TIMESTAMP
),
failure AS (
    SELECT f.source, t.name, e.name AS error_name, e.category,
        min(f.last_status_change) AS first_seen,
        max(f.last_status_change) AS last_seen,
        count(*) FILTER (WHERE f.last_status_change >= $started::TIMESTAMP) AS n,
        count(*) FILTER (WHERE f.last_status_change >= $earlier::TIMESTAMP AND f.last_status_change < $started::TIMESTAMP) AS before
    FROM job_failed AS f
    JOIN job_type AS t ON t.source = f.source AND t.id = f.job_type_id
    JOIN error AS e ON e.source = f.source AND e.id = f.error_id
    WHERE ($source = '*' OR f.source = $source) AND f.last_status_change < $ended::TIMESTAMP
    AND ($name IS NULL OR list_contains($name::VARCHAR[], t.name))
    GROUP BY f.source, t.name, e.name, e.category
),
finished AS (
    SELECT j.source, t.name,
        count(*) FILTER (WHERE j.last_status_change >= $started::TIMESTAMP) AS n,
        count(*) FILTER (WHERE j.last_status_change < $started::TIMESTAMP) AS before
    FROM job_final AS j
    JOIN job_type AS t ON t.source = j.source AND t.id = j.job_type_id
    WHERE ($source = '*' OR j.source = $source) AND j.status IN ('COMPLETED', 'FAILED')
    AND j.last_status_change >= $earlier::TIMESTAMP AND j.last_status_change < $ended::TIMESTAMP
    GROUP BY j.source, t.name
),
fact AS (
    SELECT source, 'new_type' AS kind, name, version AS what, created AS moment, 'the first version of this name' AS detail,
        'told' AS seen
    FROM type
    WHERE created = first_created AND created >= $started::TIMESTAMP AND created < $ended::TIMESTAMP
    UNION ALL
    SELECT source, 'new_version', name, version, created, 'another version of a known name', 'told'
    FROM type
    WHERE created > first_created AND created >= $started::TIMESTAMP AND created < $ended::TIMESTAMP
    UNION ALL
    SELECT source, 'new_revision', name, revision_num::VARCHAR, created,
        'of version ' || version || coalesce(', image ' || docker_image, ''), 'told'
    FROM revision
    WHERE revision_num > 1
    UNION ALL
    SELECT source, 'paused', name, version, paused, 'its jobs stay on the queue', 'told'
    FROM type
    WHERE paused >= $started::TIMESTAMP AND paused < $ended::TIMESTAMP
    UNION ALL
    SELECT source, 'deprecated', name, version, deprecated, 'it makes no new jobs', 'told'
    FROM type
    WHERE deprecated >= $started::TIMESTAMP AND deprecated < $ended::TIMESTAMP
    UNION ALL
    SELECT source, 'paused', name, version, observed, 'its jobs stay on the queue', 'observed'
    FROM seen
    WHERE field = 'is_paused' AND after = 'true' AND NOT coalesce(paused >= $started::TIMESTAMP AND paused <= observed, false)
    UNION ALL
    SELECT source, 'resumed', name, version, observed, 'its jobs are taken off the queue again', 'observed'
    FROM seen
    WHERE field = 'is_paused' AND after = 'false' AND before = 'true'
    UNION ALL
    SELECT source, 'deprecated', name, version, observed, 'it makes no new jobs', 'observed'
    FROM seen
    WHERE field = 'is_active' AND after = 'false'
    AND NOT coalesce(deprecated >= $started::TIMESTAMP AND deprecated <= observed, false)
    UNION ALL
    SELECT source, 'edited', name, version, observed,
        CASE WHEN field = 'configuration' THEN field
            ELSE field || ': ' || coalesce(before, 'none') || ' → ' || coalesce(after, 'none') END,
        'observed'
    FROM seen
    WHERE field IN ('configuration', 'max_scheduled', 'max_tries', 'docker_image', 'is_published')
    AND NOT (field = 'docker_image' AND (source, job_type_id) IN (SELECT source, job_type_id FROM revision))
    UNION ALL
    SELECT t.source, 'edited', t.name, t.version, t.last_modified, 'without a new revision', 'told'
    FROM type AS t
    LEFT JOIN revision AS r
        ON r.source = t.source AND r.job_type_id = t.id AND abs(date_diff('microsecond', t.last_modified, r.created)) <= $moment_us
    WHERE t.last_modified >= $started::TIMESTAMP AND t.last_modified < $ended::TIMESTAMP AND r.created IS NULL
    AND (t.created IS NULL OR abs(date_diff('microsecond', t.created, t.last_modified)) > $moment_us)
    AND (t.paused IS NULL OR abs(date_diff('microsecond', t.paused, t.last_modified)) > $moment_us)
    AND (t.deprecated IS NULL OR abs(date_diff('microsecond', t.deprecated, t.last_modified)) > $moment_us)
    AND NOT EXISTS (
        SELECT 1 FROM seen AS s
        WHERE s.source = t.source AND s.job_type_id = t.id AND s.observed >= t.last_modified AND s.field <> 'unmet_resources'
    )
    UNION ALL
    SELECT source, 'new_error', name, error_name, first_seen,
        n || CASE WHEN n = 1 THEN ' job' ELSE ' jobs' END || ' since, category ' || coalesce(category, 'unknown'), 'told'
    FROM failure
    WHERE first_seen >= $started::TIMESTAMP
    UNION ALL
    SELECT f.source, 'gone_error', f.name, f.error_name, f.last_seen,
        f.before || ' jobs in the window before, none of ' || n.n || ' since', 'told'
    FROM failure AS f
    JOIN finished AS n ON n.source = f.source AND n.name = f.name
    WHERE f.n = 0 AND n.before > 0 AND f.before * n.n >= $fewest * n.before AND f.before >= $fewest
)
SELECT source, kind, name, what, moment, detail, seen
FROM fact
WHERE ($kind IS NULL OR list_contains($kind::VARCHAR[], kind))
ORDER BY moment, kind, name, what, detail, source;
