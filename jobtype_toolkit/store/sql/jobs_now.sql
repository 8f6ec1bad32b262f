-- The jobs of a job type that are not over.
SELECT status, count(*) AS n
FROM job_open
WHERE source = $source AND job_type_id = $id AND status IN ('RUNNING', 'QUEUED', 'PENDING')
GROUP BY status;
