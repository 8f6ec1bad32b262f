-- name: executions
-- The executions of the jobs that are pruned.
DELETE FROM job_execution
WHERE (source, job_id) IN (
    SELECT (source, id) FROM job_final
    WHERE ($source = '*' OR source = $source) AND coalesce(last_status_change, last_modified) < $before::TIMESTAMP
);

-- name: failed
-- The narrow copies of the jobs that are pruned.
DELETE FROM job_failed
WHERE (source, id) IN (
    SELECT (source, id) FROM job_final
    WHERE ($source = '*' OR source = $source) AND coalesce(last_status_change, last_modified) < $before::TIMESTAMP
);

-- name: jobs
-- Jobs that were over before an instant; a job that never changed status counts by its last modification.
DELETE FROM job_final
WHERE ($source = '*' OR source = $source) AND coalesce(last_status_change, last_modified) < $before::TIMESTAMP;

-- name: days
-- The days before that instant; its own is counted anew, and what has no time.
DELETE FROM job_day
WHERE ($source = '*' OR source = $source) AND (day IS NULL OR day <= date_trunc('day', $before::TIMESTAMP));
INSERT INTO job_day
WITH kept AS (
    FROM job_final
    WHERE ($source = '*' OR source = $source) AND (
        last_status_change IS NULL
        OR last_status_change < date_trunc('day', $before::TIMESTAMP) + INTERVAL 1 DAY
    )
)
/*days*/;

-- name: coverage
-- What was pruned is not complete any more, and no pull brings it back.
UPDATE source
SET pruned = greatest(coalesce(pruned, $before::TIMESTAMP), $before::TIMESTAMP)
WHERE ($source = '*' OR source = $source) AND pulled;
UPDATE coverage
SET started = greatest(coalesce(started, $before::TIMESTAMP), $before::TIMESTAMP)
WHERE $source = '*' OR source = $source;
DELETE FROM coverage WHERE started >= ended;
