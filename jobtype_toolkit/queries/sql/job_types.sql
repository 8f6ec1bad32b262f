-- The job types of a source, with their tags.
SELECT *, json_extract_string(manifest, '$.job.tags') AS tags, manifest IS NOT NULL AS has_manifest
FROM job_type
WHERE ($source = '*' OR source = $source)
ORDER BY source, lower(name), id;
