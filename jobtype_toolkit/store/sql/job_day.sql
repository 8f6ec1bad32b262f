-- name: rows
-- Jobs that are over, counted by UTC day: what the table `job_day` holds.
SELECT
    source, CAST(date_trunc('day', last_status_change) AS TIMESTAMP) AS day, job_type_id, revision_num, status, error_id,
    count(*) AS n
FROM /*jobs*/
GROUP BY source, date_trunc('day', last_status_change), job_type_id, revision_num, status, error_id

-- name: forget
-- The days of a source.
DELETE FROM job_day WHERE source = $source;

-- name: fill
-- The days of a source that has none yet.
INSERT INTO job_day
/*rows*/
ORDER BY day, job_type_id, revision_num, status, error_id;

-- name: change
-- By how much a merge changes each day: more by the rows that come, fewer by those that give way.
MERGE INTO job_day AS d
USING (
    SELECT source, day, job_type_id, revision_num, status, error_id, CAST(sum(n) AS BIGINT) AS n
    FROM ((/*come*/) UNION ALL (SELECT * REPLACE (-n AS n) FROM (/*gone*/)))
    GROUP BY ALL
    HAVING sum(n) <> 0
) AS c
ON d.source = c.source AND d.day IS NOT DISTINCT FROM c.day AND d.job_type_id = c.job_type_id
    AND d.revision_num IS NOT DISTINCT FROM c.revision_num AND d.status = c.status AND d.error_id IS NOT DISTINCT FROM c.error_id
WHEN MATCHED AND d.n + c.n = 0 THEN DELETE
WHEN MATCHED THEN UPDATE SET n = d.n + c.n
WHEN NOT MATCHED THEN INSERT;
