SELECT /*columns*/, extra
FROM (
    SELECT r.*, t.name, t.version
    FROM job_type_revision AS r LEFT JOIN job_type AS t ON t.source = r.source AND t.id = r.job_type_id
    WHERE ($source = '*' OR r.source = $source)
)
ORDER BY id
