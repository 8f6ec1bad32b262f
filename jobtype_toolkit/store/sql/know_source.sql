-- A source into which nothing was loaded yet.
INSERT INTO source
SELECT $source, 0, NULL, NULL, false
WHERE $source NOT IN (SELECT source FROM source);
