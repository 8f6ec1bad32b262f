-- What the store holds of a name and version; one whose own record was loaded before one that is inferred.
SELECT * FROM job_type
WHERE source = $source AND name = $name AND version = $version
ORDER BY inferred, id
LIMIT 1;
