-- How many jobs of a source were last modified in a stretch.
SELECT count(*)
FROM (FROM job_final UNION ALL FROM job_open)
WHERE source = $source AND last_modified >= $started::TIMESTAMP AND last_modified < $ended::TIMESTAMP;
