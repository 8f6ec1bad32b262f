-- name: rows
-- Jobs that are over, counted by UTC day: what the table `job_day` holds, and a view of that name where there is no such table.
SELECT
    source, CAST(date_trunc('day', last_status_change) AS TIMESTAMP) AS day, job_type_id, revision_num, status, error_id,
    count(*) AS n
FROM /*jobs*/
GROUP BY source, date_trunc('day', last_status_change), job_type_id, revision_num, status, error_id

-- name: view
-- The same as a view, for tables of jobs that nobody keeps a count of.
CREATE OR REPLACE VIEW job_day AS
/*rows*/;

-- name: forget
-- The days of a source.
DELETE FROM job_day WHERE source = $source;

-- name: fill
-- The days of a source that has none yet.
INSERT INTO job_day
/*rows*/
ORDER BY day, job_type_id, revision_num, status, error_id;

-- name: gone
-- By how much a merge changes each day: fewer by the rows that give way …
CREATE OR REPLACE TEMP TABLE job_day_change AS
SELECT * REPLACE (-n AS n) FROM (/*rows*/);

-- name: come
-- … and more by those that are written.
INSERT INTO job_day_change
/*rows*/;

-- name: change
-- The days that a merge changes, those without a time among them, counted on from what they were.
CREATE OR REPLACE TEMP TABLE job_day_changed AS
SELECT source, day, job_type_id, revision_num, status, error_id, sum(n) AS n
FROM (
    FROM job_day WHERE source = $source AND (day IS NULL OR day IN (SELECT day FROM job_day_change))
    UNION ALL
    FROM job_day_change
)
GROUP BY ALL
HAVING sum(n) <> 0;
DELETE FROM job_day WHERE source = $source AND (day IS NULL OR day IN (SELECT day FROM job_day_change));
INSERT INTO job_day FROM job_day_changed ORDER BY day, job_type_id, revision_num, status, error_id;
