-- name: matching
-- The jobs that match.
FROM job
WHERE ($source = '*' OR source = $source)
AND ($started IS NULL OR last_modified >= $started::TIMESTAMP)
AND ($ended IS NULL OR last_modified <= $ended::TIMESTAMP)
AND ($source_started IS NULL OR source_started >= $source_started::TIMESTAMP)
AND ($source_ended IS NULL OR source_ended <= $source_ended::TIMESTAMP)
AND ($is_superseded IS NULL OR coalesce(is_superseded, false) = $is_superseded)
AND ($status IS NULL OR list_contains($status::VARCHAR[], status))
AND ($job_id IS NULL OR list_contains($job_id::BIGINT[], id))
AND ($job_type_id IS NULL OR list_contains($job_type_id::BIGINT[], job_type_id))
AND ($job_type_name IS NULL OR list_contains($job_type_name::VARCHAR[], job_type))
AND ($error_id IS NULL OR list_contains($error_id::BIGINT[], error_id))
AND ($error_category IS NULL OR list_contains($error_category::VARCHAR[], error_category))
AND ($batch_id IS NULL OR list_contains($batch_id::BIGINT[], batch_id))
AND ($recipe_id IS NULL OR list_contains($recipe_id::BIGINT[], recipe_id))
AND ($source_sensor_class IS NULL OR list_contains($source_sensor_class::VARCHAR[], source_sensor_class))
AND ($source_sensor IS NULL OR list_contains($source_sensor::VARCHAR[], source_sensor))
AND ($source_collection IS NULL OR list_contains($source_collection::VARCHAR[], source_collection))
AND ($source_task IS NULL OR list_contains($source_task::VARCHAR[], source_task))

-- name: count
-- How many jobs match v6's filters.
SELECT count(*) AS n
/*matching*/;

-- name: page
-- Jobs that match v6's filters, a stretch of them in order.
SELECT *
/*matching*/
ORDER BY /*order*/
/*part*/;

-- name: part
-- One page, or the first rows.
LIMIT $limit OFFSET $offset
