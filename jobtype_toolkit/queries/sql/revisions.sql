-- The revisions of a job type, newest first.
SELECT r.source, r.id, r.job_type_id, t.name, t.version, r.revision_num, r.docker_image, r.created
FROM job_type_revision AS r
JOIN job_type AS t ON t.source = r.source AND t.id = r.job_type_id
WHERE ($source = '*' OR r.source = $source) AND t.name = $name AND t.version = $version
ORDER BY r.revision_num DESC, r.source, r.id;
