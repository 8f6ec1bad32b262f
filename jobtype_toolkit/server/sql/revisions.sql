-- The revisions of a job type, newest first; all, or one.
SELECT id, job_type_id, revision_num, docker_image, created, extra/*manifest*/
FROM job_type_revision
WHERE ($source = '*' OR source = $source) AND job_type_id = $id AND ($revision_num IS NULL OR revision_num = $revision_num)
ORDER BY revision_num DESC, id;
