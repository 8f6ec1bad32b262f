-- What tells whether the limits of a job type fit: its versions with their manifests, and their finished jobs of a window: how long
-- they ran, on how much input, in how many executions, and whether the limit on time or memory ended them.
WITH type AS (
    SELECT source, id, version, manifest, max_tries
    FROM job_type
    WHERE ($source = '*' OR source = $source) AND name = $name AND ($version IS NULL OR version = $version)
),
error_of AS (
    SELECT source, id, should_be_retried, lower(name) AS name,
        lower(concat_ws(' ', name, title, description)) AS said
    FROM error
    WHERE ($source = '*' OR source = $source)
)
SELECT
    source, 'type' AS fact, version, CAST(manifest AS VARCHAR) AS manifest, max_tries, CAST(NULL AS TIMESTAMP) AS start,
    CAST(NULL AS VARCHAR) AS status, CAST(NULL AS VARCHAR) AS cause, false AS is_retried, CAST(NULL AS DOUBLE) AS run_time,
    CAST(NULL AS DOUBLE) AS input_file_size, CAST(NULL AS BIGINT) AS num_exes, id
FROM type
UNION ALL
SELECT
    j.source, 'job' AS fact, t.version, CAST(NULL AS VARCHAR), CAST(NULL AS BIGINT),
    CAST(date_trunc('day', j.last_status_change) AS TIMESTAMP), j.status,
    CASE
        WHEN j.status <> 'FAILED' THEN NULL
        WHEN e.name = 'timeout' THEN 'timeout'
        WHEN j.exit_code = 137 OR regexp_matches(e.said, 'memory|(^|[^a-z])oom([^a-z]|kill|$)') THEN 'memory'
    END,
    coalesce(e.should_be_retried, false),
    CASE WHEN j.status = 'COMPLETED' AND j.ended >= j.started THEN date_diff('microsecond', j.started, j.ended) / 1e6 END,
    j.input_file_size, j.num_exes, j.id
FROM job_final AS j
JOIN type AS t ON t.source = j.source AND t.id = j.job_type_id
LEFT JOIN error_of AS e ON e.source = j.source AND e.id = j.error_id
WHERE ($source = '*' OR j.source = $source) AND j.status IN ('COMPLETED', 'FAILED')
AND ($started IS NULL OR j.last_status_change >= $started::TIMESTAMP)
AND j.last_status_change < $ended::TIMESTAMP
ORDER BY source, version, fact, start, id;
