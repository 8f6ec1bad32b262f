-- Jobs that are over, counted by UTC day.
CREATE TABLE job_day (
    source VARCHAR, day TIMESTAMP, job_type_id BIGINT, revision_num BIGINT, status VARCHAR, error_id BIGINT, n BIGINT
);
INSERT INTO job_day
SELECT source, date_trunc('day', last_status_change) AS day, job_type_id, revision_num, status, error_id, count(*) AS n
FROM job_final
GROUP BY ALL
ORDER BY day, job_type_id, revision_num, status, error_id;
