-- name: rows
-- The jobs of a store with their places.
SELECT
    /*columns*/,
    CASE WHEN status = 'FAILED' THEN 'failed' ELSE 'final' END AS state,
    coalesce(strftime(last_status_change, '%Y-%m'), 'none') AS month
FROM job_final
UNION ALL BY NAME
SELECT /*columns*/, 'open' AS state, coalesce(strftime(last_status_change, '%Y-%m'), 'none') AS month
FROM job_open

-- name: job_open
SELECT /*columns*/ FROM /*history*/ WHERE state = 'open'

-- name: job_final
SELECT /*columns*/ FROM /*history*/ WHERE state IN ('final', 'failed')

-- name: job_failed
SELECT /*columns*/ FROM /*history*/ WHERE state = 'failed'

-- name: months
-- The months that the jobs of each source are in, with the instants between which they lie.
SELECT
    source, month,
    CASE WHEN month <> 'none' THEN strptime(month || '-01', '%Y-%m-%d') END AS started,
    CASE WHEN month <> 'none' THEN strptime(month || '-01', '%Y-%m-%d') + INTERVAL 1 MONTH END AS ended
FROM (SELECT DISTINCT source, month FROM lake_row)
ORDER BY source, month

-- name: month
-- The jobs of one source and month, as their files have them.
SELECT /*columns*/
FROM lake_row
WHERE source = /*source*/ AND /*span*/
ORDER BY last_status_change, id
