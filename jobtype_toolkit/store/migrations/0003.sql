-- What pulls from live servers keep: how far they are, and what the server said each time.
ALTER TABLE source ADD COLUMN watermark TIMESTAMP;
ALTER TABLE source ADD COLUMN pruned TIMESTAMP;
CREATE TABLE coverage (source VARCHAR, started TIMESTAMP, ended TIMESTAMP);
CREATE TABLE execution_asked (source VARCHAR, job_id BIGINT, last_modified TIMESTAMP);
CREATE TABLE snapshot (
    source VARCHAR, taken TIMESTAMP, view VARCHAR, job_type_id BIGINT, status VARCHAR, category VARCHAR, error_id BIGINT,
    count BIGINT, oldest TIMESTAMP, newest TIMESTAMP, highest_priority BIGINT, load_id BIGINT
);
