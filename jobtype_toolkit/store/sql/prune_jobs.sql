-- Jobs that were over before an instant; a job that never changed status counts by its last modification.
DELETE FROM job_final
WHERE ($source = '*' OR source = $source) AND coalesce(last_status_change, last_modified) < $before::TIMESTAMP;
