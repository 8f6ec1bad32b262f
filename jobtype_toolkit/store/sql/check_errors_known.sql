-- Jobs with an error that is not there.
SELECT count(*)
FROM (SELECT source, error_id FROM job_final UNION ALL SELECT source, error_id FROM job_open) AS j
WHERE j.error_id IS NOT NULL AND NOT EXISTS (FROM error AS e WHERE e.source = j.source AND e.id = j.error_id);
