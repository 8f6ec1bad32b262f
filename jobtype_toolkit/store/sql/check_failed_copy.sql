-- FAILED jobs that the narrow copy lacks or has otherwise, and rows of it that are no FAILED job.
SELECT count(*)
FROM (SELECT * FROM job_final WHERE status = 'FAILED') AS j
FULL JOIN job_failed AS f ON f.source = j.source AND f.id = j.id
WHERE j.id IS NULL OR f.id IS NULL OR j.job_type_id IS DISTINCT FROM f.job_type_id OR j.error_id IS DISTINCT FROM f.error_id
OR j.revision_num IS DISTINCT FROM f.revision_num OR j.node IS DISTINCT FROM f.node
OR j.last_status_change IS DISTINCT FROM f.last_status_change;
