-- Rows of a job type that is not there.
SELECT count(*)
FROM (
    SELECT source, job_type_id FROM job_final
    UNION ALL SELECT source, job_type_id FROM job_open
    UNION ALL SELECT source, job_type_id FROM job_type_revision
    UNION ALL SELECT source, job_type_id FROM job_execution WHERE job_type_id IS NOT NULL
) AS r
WHERE NOT EXISTS (FROM job_type AS t WHERE t.source = r.source AND t.id = r.job_type_id);
