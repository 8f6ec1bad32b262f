-- name: names
-- All versions of the names of which one version matches all of v6's filters at once.
SELECT *
FROM job_type
WHERE (source, name) IN (
SELECT t.source, t.name
/*matching*/
)
ORDER BY source, name, id;

-- name: list
-- Job types that match v6's filters.
SELECT *
/*matching*/
ORDER BY t.source, lower(t.name), t.id;

-- name: matching
-- The job types that match; a keyword is part of the name or of a tag, whatever its case.
FROM (
    SELECT *, from_json(manifest -> '$.job.tags', '["VARCHAR"]') AS tags
    FROM job_type
    WHERE ($source = '*' OR source = $source)
) AS t
WHERE ($id IS NULL OR list_contains($id, t.id))
AND ($is_active IS NULL OR t.is_active = $is_active)
AND ($is_system IS NULL OR t.is_system = $is_system)
AND (
    $keyword IS NULL
    OR len(list_filter($keyword, lambda k: contains(lower(t.name), lower(k)))) > 0
    OR len(list_filter(t.tags, lambda g: len(list_filter($keyword, lambda k: contains(lower(g), lower(k)))) > 0)) > 0
)

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

-- name: without_manifest
-- How many job types have no manifest loaded.
SELECT count(*) AS n FROM job_type WHERE ($source = '*' OR source = $source) AND manifest IS NULL;
