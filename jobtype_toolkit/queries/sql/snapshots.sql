-- What the live views said, each time they were asked; or the last time before an instant.
SELECT *
FROM snapshot
WHERE ($source = '*' OR source = $source)
AND (
    $at IS NULL
    OR load_id = (
        SELECT arg_max(load_id, taken) FROM snapshot AS s WHERE s.source = snapshot.source AND s.taken <= $at::TIMESTAMP
    )
)
ORDER BY taken, view, job_type_id, status, category, error_id;
