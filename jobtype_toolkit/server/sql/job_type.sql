-- One job type with its documents.
SELECT *
FROM job_type
WHERE ($source = '*' OR source = $source) AND id = $id
LIMIT 1;
