-- name: executions_kept
-- Leave out executions that still ran when they were read and are over in the store, and, of a pruned history, those without a job.
DELETE FROM incoming_rows
WHERE status = 'RUNNING'
AND id IN (SELECT id FROM job_execution WHERE source = $source AND status <> 'RUNNING');
DELETE FROM incoming_rows
WHERE $pruned
AND job_id NOT IN (
    SELECT id FROM job_final WHERE source = $source
    UNION ALL
    SELECT id FROM job_open WHERE source = $source
);

-- name: executions_asked
-- The executions of these jobs are here: no pull need ask for them, in the state that the jobs have now.
DELETE FROM execution_asked
WHERE source = $source AND job_id IN (
    SELECT id FROM (FROM job_final UNION ALL FROM job_open)
    WHERE source = $source AND last_modified >= $started::TIMESTAMP AND last_modified < $ended::TIMESTAMP
    AND (status = 'FAILED' OR num_exes > 1)
);
INSERT INTO execution_asked
SELECT source, id, last_modified FROM (FROM job_final UNION ALL FROM job_open)
WHERE source = $source AND last_modified >= $started::TIMESTAMP AND last_modified < $ended::TIMESTAMP
AND (status = 'FAILED' OR num_exes > 1);

-- name: known_jobs
-- The newest jobs of a source with their births.
SELECT id, created FROM (FROM job_final UNION ALL FROM job_open)
WHERE source = $source AND created IS NOT NULL
ORDER BY id DESC
LIMIT $most;

-- name: known_names
-- The job types of a source that a server made.
SELECT id, name, version FROM job_type WHERE source = $source AND id > 0 AND NOT inferred AND NOT is_local;

-- name: came_by
-- By what the history of a source came so far.
SELECT DISTINCT resource FROM load WHERE source = $source AND resource IN ('pull', 'backfill');

-- name: observed
-- How fresh a source is that stands still.
UPDATE source SET observed = greatest(coalesce(observed, $observed::TIMESTAMP), $observed::TIMESTAMP) WHERE source = $source;
