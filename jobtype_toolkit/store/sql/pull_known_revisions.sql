-- The revisions of a source whose manifests are here.
SELECT job_type_id, revision_num FROM job_type_revision WHERE source = $source AND manifest IS NOT NULL;
