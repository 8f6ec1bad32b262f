-- Histories of other systems: the keys that their jobs have there, and the numbers that stand for those that are text.
ALTER TABLE job_final ADD COLUMN external_id VARCHAR;
ALTER TABLE job_open ADD COLUMN external_id VARCHAR;
CREATE TABLE external_id (source VARCHAR, resource VARCHAR, external_id VARCHAR, id BIGINT);
