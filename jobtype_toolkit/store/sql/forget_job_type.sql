-- The job types of a load that nothing else needs.
DELETE FROM job_type
WHERE load_id = $load_id
AND (source, id) NOT IN (
    SELECT (source, job_type_id)
    FROM (
        SELECT source, job_type_id FROM job_final
        UNION ALL SELECT source, job_type_id FROM job_open
        UNION ALL SELECT source, job_type_id FROM job_type_revision
        UNION ALL SELECT source, job_type_id FROM job_execution
    )
    WHERE job_type_id IS NOT NULL
);
