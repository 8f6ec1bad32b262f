-- The narrow copies of the jobs that are pruned.
DELETE FROM job_failed
WHERE (source, id) IN (
    SELECT (source, id) FROM job_final
    WHERE ($source = '*' OR source = $source) AND coalesce(last_status_change, last_modified) < $before::TIMESTAMP
);
