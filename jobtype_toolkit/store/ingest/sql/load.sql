-- name: record
-- What a load did.
INSERT INTO load
VALUES ($load_id, $source, $resource, $path, $observed, $rows, $new, $changed, $unchanged, $rejected);

-- name: keep_rejects
-- The rows that a load could not take.
INSERT INTO reject SELECT $load_id, $source, $resource, file, position, reason, text FROM rejected;

-- name: counted
-- The jobs of a source by the load that brought them: how many, their newest time, and the clock of that load.
SELECT j.load_id, j.jobs, j.newest, coalesce(l.observed, $observed::TIMESTAMP) AS clock
FROM (
    SELECT load_id, count(*) AS jobs, greatest(max(last_status_change), max(last_modified)) AS newest
    FROM (
        SELECT load_id, last_status_change, last_modified FROM job_final WHERE source = $source
        UNION ALL
        SELECT load_id, last_status_change, last_modified FROM job_open WHERE source = $source
    )
    GROUP BY load_id
) AS j
LEFT JOIN load AS l ON l.load_id = j.load_id;

-- name: newest
-- The newest time of a load that is not later than its clock.
SELECT greatest(
    max(last_status_change) FILTER (WHERE last_status_change <= $clock::TIMESTAMP),
    max(last_modified) FILTER (WHERE last_modified <= $clock::TIMESTAMP)
)
FROM (
    SELECT last_status_change, last_modified FROM job_final WHERE source = $source AND load_id = $load_id
    UNION ALL
    SELECT last_status_change, last_modified FROM job_open WHERE source = $source AND load_id = $load_id
);

-- name: newest_of_load
-- The newest time of the jobs of a load that is not later than its clock.
SELECT greatest(
    max(last_status_change) FILTER (WHERE clock IS NULL OR last_status_change <= clock),
    max(last_modified) FILTER (WHERE clock IS NULL OR last_modified <= clock)
)
FROM (
    SELECT last_status_change, last_modified FROM job_final WHERE source = $source AND load_id = $load_id
    UNION ALL
    SELECT last_status_change, last_modified FROM job_open WHERE source = $source AND load_id = $load_id
), (
    SELECT coalesce((SELECT observed FROM load WHERE load_id = $load_id), $observed::TIMESTAMP) AS clock
);

-- name: unknown_statuses
-- Statuses that v6 does not have, with their rows.
SELECT status, count(*) FROM incoming WHERE status NOT IN (SELECT unnest($known)) GROUP BY 1 ORDER BY 2 DESC, 1;

-- name: epochs
-- How many rows have each time at 1970-01-01 00:00.
SELECT /*counts*/ FROM incoming;

-- name: no_times
-- What is said against rows because of their times, of the first of them.
SELECT reason FROM rejected WHERE contains(reason, ' is not a time: ') ORDER BY file, position LIMIT 500;

-- name: rows_without_times
-- How many rows that is said of.
SELECT count(*) FROM rejected WHERE contains(reason, ' is not a time: ');

-- name: other_faults
-- How many rows were rejected for something else than what they lack.
SELECT count(*) FROM rejected WHERE NOT starts_with(reason, 'no ');

-- name: text_keys
-- How many rows were rejected because their key is a text.
SELECT count(*) FROM rejected WHERE contains(reason, 'id is not a whole number');

-- name: latest
-- The latest time of the rows.
SELECT max(greatest(last_status_change, last_modified)) FROM incoming;

-- name: known
-- What is known of a source.
SELECT observed, pulled, watermark, pruned, jobs, as_of FROM source WHERE source = $source;

-- name: take_source
-- What a load leaves behind of its source.
INSERT INTO source BY NAME
SELECT
    $source AS source, $jobs AS jobs, $as_of::TIMESTAMP AS as_of, $observed::TIMESTAMP AS observed, $pulled AS pulled,
    $watermark::TIMESTAMP AS watermark, $pruned::TIMESTAMP AS pruned;
