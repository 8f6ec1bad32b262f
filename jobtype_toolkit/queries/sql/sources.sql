-- name: all
-- The sources of a history, how fresh each is, and how many of its jobs no window can count.
SELECT
    s.source, s.jobs, s.as_of, s.observed, s.pulled, s.watermark,
    coalesce(t.timeless, 0) AS timeless, coalesce(t.undated, 0) AS undated, t.undated_since
FROM source AS s
LEFT JOIN (
    SELECT source,
        count(*) FILTER (WHERE status <> 'PENDING') AS timeless,
        count(*) FILTER (WHERE status = 'PENDING') AS undated,
        min(created) FILTER (WHERE status = 'PENDING') AS undated_since
    FROM (
        SELECT source, status, created FROM job_final WHERE last_status_change IS NULL
        UNION ALL
        SELECT source, status, created FROM job_open WHERE last_status_change IS NULL
    )
    GROUP BY source
) AS t ON t.source = s.source
ORDER BY s.source;

-- name: coverage
-- The stretches of pulled sources that are complete.
SELECT source, started, ended FROM coverage;
