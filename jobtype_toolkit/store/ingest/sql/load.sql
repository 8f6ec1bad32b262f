-- name: clean_up
-- What a load needed on its way; a store in memory would keep it otherwise.
DROP VIEW IF EXISTS resolved;
DROP VIEW IF EXISTS incoming;
DROP VIEW IF EXISTS judged;
DROP VIEW IF EXISTS given;
DROP TABLE IF EXISTS incoming_rows;
DROP TABLE IF EXISTS judged_rows;
DROP TABLE IF EXISTS document;
DROP TABLE IF EXISTS raw;
DROP TABLE IF EXISTS parsed;
DROP TABLE IF EXISTS found;
DROP TABLE IF EXISTS hit;
DROP TABLE IF EXISTS gone;
DROP TABLE IF EXISTS passed_over;

-- name: take_source
-- What a load leaves behind of its source.
DELETE FROM source WHERE source = $source;
INSERT INTO source BY NAME
SELECT
    $source AS source, count(*) AS jobs, greatest(max(last_status_change), max(last_modified)) AS as_of,
    $observed::TIMESTAMP AS observed, $pulled AS pulled, $watermark::TIMESTAMP AS watermark, $pruned::TIMESTAMP AS pruned
FROM (FROM job_final UNION ALL FROM job_open)
WHERE source = $source;
