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

-- name: places
-- The places that the jobs are in, of one source or all.
SELECT DISTINCT source, state, month FROM lake_row WHERE $source = '*' OR source = $source ORDER BY ALL

-- name: place
-- The jobs of one place, as its file has them.
SELECT /*columns*/
FROM lake_row
WHERE source = /*source*/ AND state = /*state*/ AND /*month*/
ORDER BY last_status_change, id
