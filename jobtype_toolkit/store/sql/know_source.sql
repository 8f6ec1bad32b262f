-- A source into which nothing was loaded yet.
INSERT INTO source BY NAME
SELECT $source AS source, 0 AS jobs, false AS pulled
WHERE $source NOT IN (SELECT source FROM source);
