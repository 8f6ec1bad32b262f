-- All job types of a source without their documents, and the tags of their manifests.
SELECT * EXCLUDE (manifest, configuration, recipe_types), from_json(manifest -> '$.job.tags', '["VARCHAR"]') AS tags
FROM job_type
WHERE ($source = '*' OR source = $source)
ORDER BY id;
