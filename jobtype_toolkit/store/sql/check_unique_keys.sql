-- Rows beyond the first of a source and id.
SELECT coalesce(sum(n - 1), 0)
FROM (
    SELECT count(*) AS n FROM (SELECT source, id FROM job_final UNION ALL SELECT source, id FROM job_open) GROUP BY source, id
    UNION ALL
    SELECT count(*) FROM job_type GROUP BY source, id
    UNION ALL
    SELECT count(*) FROM job_type_revision GROUP BY source, id
    UNION ALL
    SELECT count(*) FROM error GROUP BY source, id
    UNION ALL
    SELECT count(*) FROM job_execution GROUP BY source, id
    UNION ALL
    SELECT count(*) FROM job_failed GROUP BY source, id
)
WHERE n > 1;
