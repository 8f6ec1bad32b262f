-- name: resources
-- The names of resources in the manifests of all job types.
SELECT DISTINCT word
FROM (
    SELECT unnest(json_extract_string(manifest, '$.job.resources.scalar[*].name')) AS word
    FROM job_type
)
WHERE word IS NOT NULL
ORDER BY word
LIMIT 200;

-- name: media_types
-- The media types of inputs and outputs in the manifests of all job types.
SELECT DISTINCT word
FROM (
    SELECT unnest(json_extract_string(manifest, '$.job.interface.inputs.files[*].mediaTypes[*]')) AS word
    FROM job_type
    UNION ALL
    SELECT unnest(json_extract_string(manifest, '$.job.interface.outputs.files[*].mediaType')) AS word
    FROM job_type
)
WHERE word IS NOT NULL
ORDER BY word
LIMIT 200;
