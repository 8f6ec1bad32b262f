-- What the store knows of the job types of a source, for the question which of them moved.
SELECT id, last_modified, revision_num, manifest IS NOT NULL AND configuration IS NOT NULL
FROM job_type
WHERE source = $source;
