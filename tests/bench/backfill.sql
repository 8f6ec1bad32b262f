-- A history of many jobs, six seconds apart: 70 % COMPLETED, 20 % FAILED, and some of each other kind.
INSERT INTO scale_file (id, file_name) SELECT n, 'scene-' || n || '.tif' FROM generate_series(1, /*rows*/) AS n;
INSERT INTO job (
    id, job_type_id, job_type_rev_id, event_id, recipe_id, status, node_id, error_id, input, input_file_size, num_exes, max_tries,
    source_started, source_sensor, created, queued, started, ended, last_status_change, last_modified
)
SELECT
    n, 2 + n % 3, (2 + n % 3) * 100 + 1, 5, CASE WHEN n % 2 = 0 THEN 7 END,
    CASE WHEN n % 10 < 7 THEN 'COMPLETED' WHEN n % 10 < 9 THEN 'FAILED' ELSE 'CANCELED' END, 1 + n % 2,
    CASE WHEN n % 10 IN (7, 8) THEN 1 + n % 3 END, jsonb_build_object('files', jsonb_build_object('SCENE', jsonb_build_array(n))),
    n % 1000 / 7.0, 1, 3, at, 'sensor ' || n % 50, at, at + interval '1 s', at + interval '20 s', at + interval '90 s',
    at + interval '91 s', at + interval '92 s'
FROM (SELECT n, TIMESTAMPTZ '2026-02-01 00:00:00Z' - (/*rows*/ - n) * interval '6.000007 s' AS at FROM generate_series(1, /*rows*/) AS n) AS j;
INSERT INTO job_exe (id, job_id, exe_num, job_type_id, node_id, cluster_id, timeout, input_file_size, created, queued, started)
SELECT id, id, 1, job_type_id, node_id, 'scale_' || id, 3600, input_file_size, created, queued, started FROM job;
INSERT INTO job_exe_end (job_exe_id, job_id, status, error_id, ended, created) SELECT id, id, status, error_id, ended, ended FROM job;
ANALYZE;
