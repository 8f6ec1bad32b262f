-- The jobs of a family of failures, those that failed last first.
SELECT *
FROM job
WHERE ($source = '*' OR source = $source) AND status = 'FAILED'
AND ($started IS NULL OR last_status_change >= $started::TIMESTAMP)
AND last_status_change < $ended::TIMESTAMP
AND substr(md5(coalesce(error_name, '') || '/' || coalesce(exit_code::VARCHAR, '')), 1, 10) = $family
ORDER BY last_status_change DESC, id, source;
