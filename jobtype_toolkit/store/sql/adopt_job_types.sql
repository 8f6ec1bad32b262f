-- A job type that was inferred by name is the one that now comes with an id of its own: its jobs follow it.
CREATE OR REPLACE TEMP TABLE adopted AS
SELECT t.id AS before, i.id AS after
FROM incoming AS i JOIN job_type AS t
    ON t.source = $source AND t.inferred AND t.id < 0 AND t.name = i.name AND t.version = i.version AND t.id <> i.id;
UPDATE job_final SET job_type_id = after FROM adopted WHERE source = $source AND job_type_id = before;
UPDATE job_open SET job_type_id = after FROM adopted WHERE source = $source AND job_type_id = before;
UPDATE job_failed SET job_type_id = after FROM adopted WHERE source = $source AND job_type_id = before;
UPDATE job_execution SET job_type_id = after FROM adopted WHERE source = $source AND job_type_id = before;
UPDATE job_type_revision SET job_type_id = after FROM adopted WHERE source = $source AND job_type_id = before;
DELETE FROM job_type WHERE source = $source AND id IN (SELECT before FROM adopted);
