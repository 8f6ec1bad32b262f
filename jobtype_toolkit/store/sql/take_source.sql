-- What a load leaves behind of its source.
DELETE FROM source WHERE source = $source;
INSERT INTO source
SELECT $source, count(*), greatest(max(last_status_change), max(last_modified)), $observed::TIMESTAMP, $pulled
FROM (FROM job_final UNION ALL FROM job_open)
WHERE source = $source;
