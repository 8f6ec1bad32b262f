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

-- name: revisions
-- The versions of a name, each with its newest revision.
SELECT t.version, max(greatest(coalesce(t.revision_num, 0), coalesce(r.revision_num, 0))) AS revision_num
FROM job_type AS t
LEFT JOIN job_type_revision AS r ON r.source = t.source AND r.job_type_id = t.id
WHERE ($source = '*' OR t.source = $source) AND t.name = $name
GROUP BY t.version
ORDER BY t.version;
