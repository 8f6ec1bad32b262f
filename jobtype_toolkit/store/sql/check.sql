-- name: errors_known
-- Jobs with an error that is not there.
SELECT count(*)
FROM (SELECT source, error_id FROM job_final UNION ALL SELECT source, error_id FROM job_open) AS j
WHERE j.error_id IS NOT NULL AND NOT EXISTS (FROM error AS e WHERE e.source = j.source AND e.id = j.error_id);

-- name: failed_copy
-- FAILED jobs that the narrow copy lacks or has otherwise, and rows of it that are no FAILED job.
SELECT count(*)
FROM (SELECT * FROM job_final WHERE status = 'FAILED') AS j
FULL JOIN job_failed AS f ON f.source = j.source AND f.id = j.id
WHERE j.id IS NULL OR f.id IS NULL OR j.job_type_id IS DISTINCT FROM f.job_type_id OR j.error_id IS DISTINCT FROM f.error_id
OR j.revision_num IS DISTINCT FROM f.revision_num OR j.node IS DISTINCT FROM f.node
OR j.last_status_change IS DISTINCT FROM f.last_status_change;

-- name: days_counted
-- Days that job_day counts otherwise than the jobs are.
SELECT count(*)
FROM (
    (FROM job_day EXCEPT ALL (/*days*/))
    UNION ALL
    ((/*days*/) EXCEPT ALL FROM job_day)
);

-- name: homes
-- Jobs in the wrong table.
SELECT (SELECT count(*) FROM job_final WHERE status IN ('PENDING', 'BLOCKED', 'QUEUED', 'RUNNING'))
    + (SELECT count(*) FROM job_open WHERE status NOT IN ('PENDING', 'BLOCKED', 'QUEUED', 'RUNNING'));

-- name: job_types_known
-- Rows of a job type that is not there.
SELECT count(*)
FROM (
    SELECT source, job_type_id FROM job_final
    UNION ALL SELECT source, job_type_id FROM job_open
    UNION ALL SELECT source, job_type_id FROM job_type_revision
    UNION ALL SELECT source, job_type_id FROM job_execution WHERE job_type_id IS NOT NULL
) AS r
WHERE NOT EXISTS (FROM job_type AS t WHERE t.source = r.source AND t.id = r.job_type_id);

-- name: loads_known
-- Rows of a load that is not there.
SELECT count(*)
FROM (
    SELECT load_id FROM job_final UNION ALL SELECT load_id FROM job_open UNION ALL SELECT load_id FROM job_execution
    UNION ALL SELECT load_id FROM job_type_revision UNION ALL SELECT load_id FROM job_type UNION ALL SELECT load_id FROM error
)
WHERE load_id IS NOT NULL AND load_id NOT IN (SELECT load_id FROM load);

-- name: sources_counted
-- Sources whose row says something else than the tables.
SELECT count(*)
FROM source AS s
FULL JOIN (
    SELECT
        j.source, count(*) AS jobs,
        greatest(
            max(last_status_change) FILTER (WHERE l.observed IS NULL OR last_status_change <= l.observed),
            max(last_modified) FILTER (WHERE l.observed IS NULL OR last_modified <= l.observed)
        ) AS as_of
    FROM (FROM job_final UNION ALL FROM job_open) AS j LEFT JOIN load AS l ON l.load_id = j.load_id
    GROUP BY j.source
) AS c ON c.source = s.source
WHERE coalesce(s.jobs, -1) <> coalesce(c.jobs, 0) OR s.as_of IS DISTINCT FROM c.as_of;

-- name: unique_keys
-- Rows beyond the first of a source and id.
SELECT coalesce(sum(n - 1), 0)
FROM (
    SELECT count(*) AS n FROM (SELECT source, id FROM job_final UNION ALL SELECT source, id FROM job_open) GROUP BY source, id
    UNION ALL
    SELECT count(*) FROM job_type GROUP BY source, id
    UNION ALL
    SELECT count(*) FROM job_type_revision GROUP BY source, id
    UNION ALL
    SELECT count(*) FROM error GROUP BY source, id
    UNION ALL
    SELECT count(*) FROM job_execution GROUP BY source, id
    UNION ALL
    SELECT count(*) FROM job_failed GROUP BY source, id
)
WHERE n > 1;
