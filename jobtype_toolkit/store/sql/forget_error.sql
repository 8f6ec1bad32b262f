-- The errors of a load that nothing else needs.
DELETE FROM error
WHERE load_id = $load_id
AND (source, id) NOT IN (
    SELECT (source, error_id)
    FROM (SELECT source, error_id FROM job_final UNION ALL SELECT source, error_id FROM job_open UNION ALL SELECT source, error_id FROM job_execution)
    WHERE error_id IS NOT NULL
);
