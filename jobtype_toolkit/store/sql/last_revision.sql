-- The greatest number of a revision of a job type.
SELECT max(revision_num) FROM job_type_revision WHERE source = $source AND job_type_id = $id;
