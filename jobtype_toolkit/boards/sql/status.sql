-- name: failed_by_day
-- Failed jobs per job type and UTC day, of the days up to an instant.
SELECT source, job_type_id, CAST(last_status_change AT TIME ZONE 'UTC' AS DATE) AS day, count(*) AS failed
FROM job_failed
WHERE ($source = '*' OR source = $source)
AND last_status_change >= $started::TIMESTAMPTZ AND last_status_change <= $ended::TIMESTAMPTZ
GROUP BY ALL
