-- The jobs that failed or were tried again and whose executions were not asked for since they changed, newest first.
SELECT j.id, j.last_modified
FROM (FROM job_final UNION ALL FROM job_open) AS j
WHERE j.source = $source AND (j.status = 'FAILED' OR j.num_exes > 1) AND coalesce(j.num_exes, 1) > 0
AND NOT EXISTS (
    FROM execution_asked AS a
    WHERE a.source = j.source AND a.job_id = j.id AND a.last_modified IS NOT DISTINCT FROM j.last_modified
)
ORDER BY j.last_modified DESC NULLS LAST, j.id DESC
LIMIT $most;
