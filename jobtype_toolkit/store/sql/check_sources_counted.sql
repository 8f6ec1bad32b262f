-- Sources whose row says something else than the tables.
SELECT count(*)
FROM source AS s
FULL JOIN (
    SELECT source, count(*) AS jobs, greatest(max(last_status_change), max(last_modified)) AS as_of
    FROM (FROM job_final UNION ALL FROM job_open) GROUP BY source
) AS c ON c.source = s.source
WHERE coalesce(s.jobs, -1) <> coalesce(c.jobs, 0) OR s.as_of IS DISTINCT FROM c.as_of;
