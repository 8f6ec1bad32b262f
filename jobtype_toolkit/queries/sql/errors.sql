-- Errors that match v6's filters.
SELECT *
FROM error
WHERE ($source = '*' OR source = $source)
AND ($started IS NULL OR last_modified >= $started::TIMESTAMP)
AND ($ended IS NULL OR last_modified <= $ended::TIMESTAMP)
AND ($is_builtin IS NULL OR is_builtin = $is_builtin)
AND ($job_type_name IS NULL OR list_contains($job_type_name::VARCHAR[], job_type_name))
AND ($name IS NULL OR list_contains($name::VARCHAR[], name))
AND ($category IS NULL OR list_contains($category::VARCHAR[], category))
ORDER BY last_modified NULLS LAST, id, source;
