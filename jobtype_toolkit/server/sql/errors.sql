-- All errors of a source.
SELECT *
FROM error
WHERE ($source = '*' OR source = $source)
ORDER BY last_modified NULLS LAST, id;
