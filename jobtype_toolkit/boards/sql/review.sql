-- name: jobs
-- The jobs behind a point of a failure review: failed ones first, the newest first; `in_all` is how many there are.
SELECT
    source, id, job_type_id, job_type, job_type_version, status, error_id, error_name, error_category, node, exit_code, num_exes,
    created, started, ended, last_status_change, count(*) OVER () AS in_all
FROM job
WHERE ($source = '*' OR source = $source)
AND ($id IS NULL OR id = $id)
AND ($name IS NULL OR job_type = $name)
AND ($version IS NULL OR job_type_version = $version)
AND list_contains($statuses::VARCHAR[], status)
AND ($category IS NULL OR status != 'FAILED' OR error_category = $category)
AND ($error_name IS NULL OR error_name = $error_name)
AND (NOT $is_without_error OR error_name IS NULL)
AND ($node IS NULL OR node = $node)
AND ($started IS NULL OR last_status_change >= $started::TIMESTAMPTZ)
AND ($ended IS NULL OR last_status_change < $ended::TIMESTAMPTZ)
ORDER BY (status = 'FAILED') DESC, last_status_change DESC NULLS LAST, id DESC
LIMIT $limit
