-- Finished and failed jobs by group and bucket of time. Finished jobs have nothing of an error; failed ones come as rows of their own.
-- The days from $first_day to $last_day are counted already; the jobs before and after them are read.
WITH finished AS (
    SELECT source, job_type_id, /*day_keys*/day AS bucket, sum(n) AS n
    FROM job_day
    WHERE ($source = '*' OR source = $source) AND status IN ('COMPLETED', 'FAILED')
    AND day >= $first_day::TIMESTAMP AND day < $last_day::TIMESTAMP AND $first_day::TIMESTAMP < $last_day::TIMESTAMP
    GROUP BY ALL
    UNION ALL
    SELECT source, job_type_id, /*keys*/date_trunc($grain, last_status_change) AS bucket, count(*) AS n
    FROM job_final
    WHERE ($source = '*' OR source = $source) AND status IN ('COMPLETED', 'FAILED')
    AND ($started IS NULL OR last_status_change >= $started::TIMESTAMP)
    AND last_status_change < $first_day::TIMESTAMP
    AND ($node IS NULL OR list_contains($node::VARCHAR[], node))
    GROUP BY ALL
    UNION ALL
    SELECT source, job_type_id, /*keys*/date_trunc($grain, last_status_change) AS bucket, count(*) AS n
    FROM job_final
    WHERE ($source = '*' OR source = $source) AND status IN ('COMPLETED', 'FAILED')
    AND last_status_change >= $last_day::TIMESTAMP AND last_status_change < $ended::TIMESTAMP
    AND ($node IS NULL OR list_contains($node::VARCHAR[], node))
    GROUP BY ALL
),
failed AS (
    SELECT source, job_type_id, error_id, /*day_keys*/day AS bucket, sum(n) AS n
    FROM job_day
    WHERE ($source = '*' OR source = $source) AND status = 'FAILED'
    AND day >= $first_day::TIMESTAMP AND day < $last_day::TIMESTAMP AND $first_day::TIMESTAMP < $last_day::TIMESTAMP
    GROUP BY ALL
    UNION ALL
    SELECT source, job_type_id, error_id, /*keys*/date_trunc($grain, last_status_change) AS bucket, count(*) AS n
    FROM job_failed
    WHERE ($source = '*' OR source = $source)
    AND ($started IS NULL OR last_status_change >= $started::TIMESTAMP)
    AND last_status_change < $first_day::TIMESTAMP
    AND ($node IS NULL OR list_contains($node::VARCHAR[], node))
    GROUP BY ALL
    UNION ALL
    SELECT source, job_type_id, error_id, /*keys*/date_trunc($grain, last_status_change) AS bucket, count(*) AS n
    FROM job_failed
    WHERE ($source = '*' OR source = $source)
    AND last_status_change >= $last_day::TIMESTAMP AND last_status_change < $ended::TIMESTAMP
    AND ($node IS NULL OR list_contains($node::VARCHAR[], node))
    GROUP BY ALL
)
SELECT j.source, /*groups*/CAST(j.bucket AS TIMESTAMP) AS bucket, CAST(sum(j.n) AS BIGINT) AS finished, CAST(0 AS BIGINT) AS failed
FROM finished AS j
JOIN job_type AS t ON t.source = j.source AND t.id = j.job_type_id
WHERE ($name IS NULL OR list_contains($name::VARCHAR[], t.name))
AND ($version IS NULL OR list_contains($version::VARCHAR[], t.version))
GROUP BY ALL
UNION ALL
SELECT j.source, /*failed_groups*/CAST(j.bucket AS TIMESTAMP) AS bucket, CAST(0 AS BIGINT) AS finished, CAST(sum(j.n) AS BIGINT) AS failed
FROM failed AS j
JOIN job_type AS t ON t.source = j.source AND t.id = j.job_type_id
LEFT JOIN error AS e ON e.source = j.source AND e.id = j.error_id
WHERE ($name IS NULL OR list_contains($name::VARCHAR[], t.name))
AND ($version IS NULL OR list_contains($version::VARCHAR[], t.version))
AND ($category IS NULL OR list_contains($category::VARCHAR[], e.category))
AND ($error_name IS NULL OR list_contains($error_name::VARCHAR[], e.name))
GROUP BY ALL;
