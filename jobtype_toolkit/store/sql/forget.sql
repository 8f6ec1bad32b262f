-- name: job_type
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

-- name: error
-- The errors of a load that nothing else needs.
DELETE FROM error
WHERE load_id = $load_id
AND (source, id) NOT IN (
    SELECT (source, error_id)
    FROM (SELECT source, error_id FROM job_final UNION ALL SELECT source, error_id FROM job_open UNION ALL SELECT source, error_id FROM job_execution)
    WHERE error_id IS NOT NULL
);

-- name: pull
-- A source whose rows of some pull went: nothing of its history is known to be complete.
DELETE FROM coverage WHERE source = $source;
DELETE FROM execution_asked WHERE source = $source;
UPDATE source SET watermark = NULL WHERE source = $source;
