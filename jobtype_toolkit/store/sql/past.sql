-- The revisions of a job type: their numbers, and the settings that they declare.
SELECT revision_num, manifest -> '$.job.interface.settings'
FROM job_type_revision
WHERE source = $source AND job_type_id = $id;
