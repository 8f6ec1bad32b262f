-- The incoming rows with the keys of their job types and errors.
CREATE OR REPLACE TEMP VIEW resolved AS
SELECT i.* REPLACE (/*modified*/ coalesce(i.job_type_id, t.id) AS job_type_id, coalesce(i.error_id, e.id) AS error_id)
FROM incoming AS i
LEFT JOIN type_of AS t ON i.job_type_id IS NULL AND t.name = i.job_type AND t.version = i.job_type_version
LEFT JOIN (FROM job_type WHERE source = (SELECT name FROM loading)) AS known ON known.id = i.job_type_id
LEFT JOIN error_of AS e
    ON i.error_id IS NULL AND e.error_name IS NOT DISTINCT FROM i.error_name
    AND e.error_category IS NOT DISTINCT FROM i.error_category
    AND e.job_type IS NOT DISTINCT FROM coalesce(i.job_type, known.name);
