-- One job type; one whose own record was loaded before one that is inferred.
SELECT * FROM job_type
WHERE ($source = '*' OR source = $source) AND name = $name AND version = $version
ORDER BY inferred, source, id
LIMIT 1;
