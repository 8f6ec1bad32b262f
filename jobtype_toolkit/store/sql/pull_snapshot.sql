-- What a live view said.
INSERT INTO snapshot
SELECT
    $source, $taken::TIMESTAMP, $view, unnest($job_type_id::BIGINT[]), unnest($status::VARCHAR[]),
    unnest($category::VARCHAR[]), unnest($error_id::BIGINT[]), unnest($count::BIGINT[]), unnest($oldest::TIMESTAMP[]),
    unnest($newest::TIMESTAMP[]), unnest($highest_priority::BIGINT[]), $load_id;
