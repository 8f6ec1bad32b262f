-- The versions of a name.
SELECT * FROM job_type WHERE ($source = '*' OR source = $source) AND name = $name ORDER BY source, id;
