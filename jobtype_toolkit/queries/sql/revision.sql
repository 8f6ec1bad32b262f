-- One revision of a job type.
SELECT r.id, r.job_type_id, t.name, t.version, r.revision_num, r.docker_image, r.created, r.manifest, r.extra
FROM job_type_revision AS r
JOIN job_type AS t ON t.source = r.source AND t.id = r.job_type_id
WHERE ($source = '*' OR r.source = $source) AND t.name = $name AND t.version = $version AND r.revision_num = $revision_num
ORDER BY r.source, r.id
LIMIT 1;
