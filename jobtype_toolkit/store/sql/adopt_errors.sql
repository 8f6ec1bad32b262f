-- An error that was inferred by name is the one that now comes with an id of its own: its failures follow it.
CREATE OR REPLACE TEMP TABLE adopted AS
SELECT e.id AS before, i.id AS after
FROM incoming AS i JOIN error AS e
    ON e.source = $source AND e.inferred AND e.id < 0 AND e.id <> i.id AND e.name = i.name
    AND e.job_type_name IS NOT DISTINCT FROM i.job_type_name;
UPDATE job_final SET error_id = after FROM adopted WHERE source = $source AND error_id = before;
UPDATE job_open SET error_id = after FROM adopted WHERE source = $source AND error_id = before;
UPDATE job_failed SET error_id = after FROM adopted WHERE source = $source AND error_id = before;
UPDATE job_execution SET error_id = after FROM adopted WHERE source = $source AND error_id = before;
DELETE FROM error WHERE source = $source AND id IN (SELECT before FROM adopted);
