-- The jobs of a source that are not over, and that the pull has not just brought.
SELECT id FROM job_open WHERE source = $source AND load_id IS DISTINCT FROM $load_id ORDER BY id;
