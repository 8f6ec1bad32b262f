-- Take out open jobs that the server no longer has, and what was known of their executions.
DELETE FROM job_execution WHERE source = $source AND list_contains($ids, job_id);
DELETE FROM job_open WHERE source = $source AND list_contains($ids, id);
