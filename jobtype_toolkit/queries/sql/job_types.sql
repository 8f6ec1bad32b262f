-- name: all
-- The job types of a source, with their tags.
SELECT *, json_extract_string(manifest, '$.job.tags') AS tags, manifest IS NOT NULL AS has_manifest
FROM job_type
WHERE ($source = '*' OR source = $source)
ORDER BY source, lower(name), id;

-- name: versions
-- The versions of a name.
SELECT * FROM job_type WHERE ($source = '*' OR source = $source) AND name = $name ORDER BY source, id;

-- name: details
-- One job type; one whose own record was loaded before one that is inferred.
SELECT * FROM job_type
WHERE ($source = '*' OR source = $source) AND name = $name AND version = $version
ORDER BY inferred, source, id
LIMIT 1;

-- name: revisions
-- The revisions of a job type, newest first.
SELECT r.id, r.job_type_id, t.name, t.version, r.revision_num, r.docker_image, r.created
FROM job_type_revision AS r
JOIN job_type AS t ON t.source = r.source AND t.id = r.job_type_id
WHERE ($source = '*' OR r.source = $source) AND t.name = $name AND t.version = $version
ORDER BY r.revision_num DESC, r.source, r.id;

-- name: revision
-- One revision of a job type.
SELECT r.id, r.job_type_id, t.name, t.version, r.revision_num, r.docker_image, r.created, r.manifest, r.extra
FROM job_type_revision AS r
JOIN job_type AS t ON t.source = r.source AND t.id = r.job_type_id
WHERE ($source = '*' OR r.source = $source) AND t.name = $name AND t.version = $version AND r.revision_num = $revision_num
ORDER BY r.source, r.id
LIMIT 1;
