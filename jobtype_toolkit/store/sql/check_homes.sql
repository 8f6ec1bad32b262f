-- Jobs in the wrong table.
SELECT (SELECT count(*) FROM job_final WHERE status IN ('PENDING', 'BLOCKED', 'QUEUED', 'RUNNING'))
    + (SELECT count(*) FROM job_open WHERE status NOT IN ('PENDING', 'BLOCKED', 'QUEUED', 'RUNNING'));
