-- Remember which jobs were asked for their executions, in which state.
DELETE FROM execution_asked WHERE source = $source AND list_contains($ids, job_id);
INSERT INTO execution_asked
SELECT $source, unnest($ids::BIGINT[]), unnest($stamps::TIMESTAMP[]);
SELECT len($ids);
