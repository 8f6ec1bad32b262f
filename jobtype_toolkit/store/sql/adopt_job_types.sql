-- A job type that was inferred by name is the one that has an id of its own now: what belongs to it follows.
CREATE OR REPLACE TEMP TABLE adopted AS
SELECT made.id AS before, min(real.id) AS after
FROM job_type AS made
JOIN job_type AS real
    ON real.source = made.source AND real.name = made.name AND real.version = made.version AND real.id >= 0
WHERE made.source = $source AND made.inferred AND made.id < 0
GROUP BY made.id;
UPDATE job_final SET job_type_id = after FROM adopted WHERE source = $source AND job_type_id = before;
UPDATE job_open SET job_type_id = after FROM adopted WHERE source = $source AND job_type_id = before;
UPDATE job_failed SET job_type_id = after FROM adopted WHERE source = $source AND job_type_id = before;
UPDATE job_execution SET job_type_id = after FROM adopted WHERE source = $source AND job_type_id = before;
UPDATE job_type_revision SET job_type_id = after FROM adopted WHERE source = $source AND job_type_id = before;
DELETE FROM job_type WHERE source = $source AND id IN (SELECT before FROM adopted);
