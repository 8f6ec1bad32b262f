-- Take out open jobs that the server no longer has.
DELETE FROM job_open WHERE source = $source AND list_contains($ids, id);
