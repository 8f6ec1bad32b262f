-- An error that was inferred by name, or made here, is the one that has an id of its own now: what failed with it follows.
CREATE OR REPLACE TEMP TABLE adopted AS
SELECT made.id AS before, min(real.id) AS after
FROM error AS made
JOIN error AS real
    ON real.source = made.source AND real.name = made.name AND real.job_type_name IS NOT DISTINCT FROM made.job_type_name
    AND real.id >= 0
WHERE made.source = $source AND made.id < 0
GROUP BY made.id;
UPDATE job_final SET error_id = after FROM adopted WHERE source = $source AND error_id = before;
UPDATE job_open SET error_id = after FROM adopted WHERE source = $source AND error_id = before;
UPDATE job_failed SET error_id = after FROM adopted WHERE source = $source AND error_id = before;
UPDATE job_execution SET error_id = after FROM adopted WHERE source = $source AND error_id = before;
DELETE FROM error WHERE source = $source AND id IN (SELECT before FROM adopted);
