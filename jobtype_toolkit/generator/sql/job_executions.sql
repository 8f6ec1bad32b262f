INSERT INTO job_executions
SELECT
    id,
    job_id,
    exe_num,
    getvariable('statuses')[status + 1],
    job_type + 1,
    node,
    getvariable('nodes')[node],
    present(error),
    'scale_' || job_id || 'x' || exe_num,
    moment(queued),
    moment(queued),
    moment(started),
    moment(ended),
    getvariable('timeouts')[job_type + 1],
    mib(size)
FROM chunk;
