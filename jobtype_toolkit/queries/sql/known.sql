-- name: status
-- The statuses that jobs of a source have.
SELECT DISTINCT status AS value FROM job WHERE $source = '*' OR source = $source ORDER BY value;

-- name: error_name
-- The names of errors that a source speaks of.
SELECT DISTINCT name AS value FROM error WHERE ($source = '*' OR source = $source) AND name IS NOT NULL ORDER BY value;

-- name: node
-- The nodes on which jobs of a source ran.
SELECT DISTINCT node AS value FROM job WHERE ($source = '*' OR source = $source) AND node IS NOT NULL ORDER BY value;

-- name: job_type_name
-- The names of job types that a source speaks of.
SELECT name AS value FROM job_type WHERE $source = '*' OR source = $source
UNION
SELECT job_type_name FROM error WHERE ($source = '*' OR source = $source) AND job_type_name IS NOT NULL
ORDER BY value;
