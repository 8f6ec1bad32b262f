-- The row of a pull among the loads; its counts grow with each batch. Its source is a live one from now on.
INSERT INTO load BY NAME
SELECT
    $load_id AS load_id, $source AS source, 'pull' AS resource, $url AS path, $observed::TIMESTAMP AS observed,
    0 AS rows, 0 AS new, 0 AS changed, 0 AS unchanged, 0 AS rejected;
INSERT INTO source BY NAME
SELECT $source AS source, 0 AS jobs, true AS pulled
WHERE $source NOT IN (SELECT source FROM source);
UPDATE source SET pulled = true WHERE source = $source;
