-- Rows of a load that is not there.
SELECT count(*)
FROM (
    SELECT load_id FROM job_final UNION ALL SELECT load_id FROM job_open UNION ALL SELECT load_id FROM job_execution
    UNION ALL SELECT load_id FROM job_type_revision UNION ALL SELECT load_id FROM job_type UNION ALL SELECT load_id FROM error
)
WHERE load_id IS NOT NULL AND load_id NOT IN (SELECT load_id FROM load);
