-- The whole job history under v6's field names.
CREATE OR REPLACE VIEW job AS
SELECT
    j.source,
    t.name AS job_type,
    t.version AS job_type_version,
    e.name AS error_name,
    e.category AS error_category,
    /*stored*/,
    j.load_id,
    j.extra
FROM (FROM job_final UNION ALL FROM job_open) AS j
LEFT JOIN job_type AS t ON t.source = j.source AND t.id = j.job_type_id
LEFT JOIN error AS e ON e.source = j.source AND e.id = j.error_id;
