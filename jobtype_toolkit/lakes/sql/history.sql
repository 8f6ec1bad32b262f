-- name: job_history
-- The jobs of a store with their places.
SELECT /*columns*/, CASE WHEN status = 'FAILED' THEN 'failed' ELSE 'final' END AS state, /*placed*/
FROM job_final
UNION ALL BY NAME
SELECT /*columns*/, 'open' AS state, /*placed*/
FROM job_open

-- name: job_execution
-- The executions of a store with their places.
SELECT /*columns*/, /*placed*/ FROM job_execution

-- name: places
-- The places that rows are in, of one source or all, and how many there are in each.
SELECT source, state, month, count(*) FROM lake_row WHERE $source = '*' OR source = $source GROUP BY ALL ORDER BY ALL

-- name: cuts
-- Where the files of one place begin, so that each has as many rows as the others.
SELECT quantile_disc(/*time*/, /*shares*/) FROM lake_row WHERE source = /*source*/ AND state = /*state*/ AND /*within*/

-- name: file
-- The rows of one file.
SELECT /*columns*/
FROM lake_row
WHERE source = /*source*/ AND state = /*state*/ AND /*within*/
ORDER BY /*time*/, id
