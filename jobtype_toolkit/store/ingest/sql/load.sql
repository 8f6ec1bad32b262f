-- name: take_source
-- What a load leaves behind of its source.
DELETE FROM source WHERE source = $source;
INSERT INTO source BY NAME
SELECT
    $source AS source, count(*) AS jobs, greatest(max(last_status_change), max(last_modified)) AS as_of,
    $observed::TIMESTAMP AS observed, $pulled AS pulled, $watermark::TIMESTAMP AS watermark, $pruned::TIMESTAMP AS pruned
FROM (FROM job_final UNION ALL FROM job_open)
WHERE source = $source;
