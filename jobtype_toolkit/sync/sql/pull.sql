-- name: begin
-- The row of a pull or a backfill among the loads; its counts grow with each batch. Its source is a live one from now on.
INSERT INTO load BY NAME
SELECT
    $load_id AS load_id, $source AS source, $kind AS resource, $url AS path, $observed::TIMESTAMP AS observed,
    0 AS rows, 0 AS new, 0 AS changed, 0 AS unchanged, 0 AS rejected;
INSERT INTO source BY NAME
SELECT $source AS source, 0 AS jobs, true AS pulled
WHERE $source NOT IN (SELECT source FROM source);
UPDATE source SET pulled = true WHERE source = $source;

-- name: known_types
-- What the store knows of the job types of a source, for the question which of them moved.
SELECT id, last_modified, revision_num, manifest IS NOT NULL AND configuration IS NOT NULL FROM job_type WHERE source = $source;

-- name: known_workspaces
-- The workspaces of a source.
SELECT name, is_active FROM workspace WHERE source = $source;

-- name: known_revisions
-- The revisions of each job type of a source whose manifests are here.
SELECT job_type_id, list(DISTINCT revision_num)
FROM job_type_revision
WHERE source = $source AND manifest IS NOT NULL AND revision_num IS NOT NULL
GROUP BY job_type_id;

-- name: open_jobs
-- The jobs of a source that are not over, and that the pull has not just brought.
SELECT id FROM job_open WHERE source = $source AND load_id IS DISTINCT FROM $load_id ORDER BY id;

-- name: executions_wanted
-- The jobs that failed or were tried again and whose executions were not asked for since they changed, newest first.
SELECT j.id, j.last_modified
FROM (FROM job_final UNION ALL FROM job_open) AS j
WHERE j.source = $source AND (j.status = 'FAILED' OR j.num_exes > 1) AND coalesce(j.num_exes, 1) > 0
AND NOT EXISTS (
    FROM execution_asked AS a
    WHERE a.source = j.source AND a.job_id = j.id AND a.last_modified IS NOT DISTINCT FROM j.last_modified
)
ORDER BY j.last_modified DESC NULLS LAST, j.id DESC
LIMIT $most;

-- name: executions_asked
-- Remember which jobs were asked for their executions, in which state.
DELETE FROM execution_asked WHERE source = $source AND list_contains($ids, job_id);
INSERT INTO execution_asked
SELECT $source, unnest($ids::BIGINT[]), unnest($stamps::TIMESTAMP[]);
SELECT len($ids);

-- name: count
-- How many jobs of a source were last modified in a stretch.
SELECT count(*)
FROM (FROM job_final UNION ALL FROM job_open)
WHERE source = $source AND last_modified >= $started::TIMESTAMP AND last_modified < $ended::TIMESTAMP;

-- name: unknown_statuses
-- The jobs of a batch with a status that v6 does not know, and the status.
SELECT id, status FROM incoming WHERE NOT list_contains($known, status);

-- name: rejected
-- The rows of a batch that could not be loaded.
INSERT INTO reject
SELECT $load_id, $source, $resource, file, position, reason, text FROM rejected;

-- name: took
-- What a pull brought since this was last told.
UPDATE load
SET rows = rows + $rows, new = new + $new, changed = changed + $changed, unchanged = unchanged + $unchanged,
    rejected = rejected + $rejected
WHERE load_id = $load_id;

-- name: stays_pruned
-- Leave out jobs that were pruned: the stretch since then may bring them once more, where they were touched after they were over.
DELETE FROM incoming_rows
WHERE NOT list_contains($open, status)
AND coalesce(last_status_change, last_modified) < (SELECT pruned FROM source WHERE source = $source);

-- name: purge
-- Take out open jobs that the server no longer has, and what was known of their executions.
DELETE FROM job_execution WHERE source = $source AND list_contains($ids, job_id);
DELETE FROM job_open WHERE source = $source AND list_contains($ids, id);

-- name: rename_nodes
-- Give nodes the names that they have now; a server changes them without touching the jobs.
UPDATE job_final SET node = n.name FROM (SELECT unnest($ids::BIGINT[]) AS id, unnest($names::VARCHAR[]) AS name) AS n
WHERE source = $source AND node_id = n.id AND node IS DISTINCT FROM n.name;
UPDATE job_open SET node = n.name FROM (SELECT unnest($ids::BIGINT[]) AS id, unnest($names::VARCHAR[]) AS name) AS n
WHERE source = $source AND node_id = n.id AND node IS DISTINCT FROM n.name;
UPDATE job_execution SET node = n.name FROM (SELECT unnest($ids::BIGINT[]) AS id, unnest($names::VARCHAR[]) AS name) AS n
WHERE source = $source AND node_id = n.id AND node IS DISTINCT FROM n.name;
UPDATE job_failed SET node = j.node FROM job_final AS j
WHERE job_failed.source = $source AND j.source = $source AND j.id = job_failed.id AND j.node IS DISTINCT FROM job_failed.node;

-- name: rename_batches
-- Give batches the titles that they have now.
UPDATE job_final SET batch_title = n.name FROM (SELECT unnest($ids::BIGINT[]) AS id, unnest($names::VARCHAR[]) AS name) AS n
WHERE source = $source AND batch_id = n.id AND batch_title IS DISTINCT FROM n.name;
UPDATE job_open SET batch_title = n.name FROM (SELECT unnest($ids::BIGINT[]) AS id, unnest($names::VARCHAR[]) AS name) AS n
WHERE source = $source AND batch_id = n.id AND batch_title IS DISTINCT FROM n.name;

-- name: observed
-- How fresh a source is.
UPDATE source SET observed = $observed WHERE source = $source;

-- name: snapshot
-- What the live views said.
INSERT INTO snapshot
SELECT
    $source, unnest($taken::TIMESTAMP[]), unnest($view::VARCHAR[]), unnest($job_type_id::BIGINT[]), unnest($status::VARCHAR[]),
    unnest($category::VARCHAR[]), unnest($error_id::BIGINT[]), unnest($count::BIGINT[]), unnest($oldest::TIMESTAMP[]),
    unnest($newest::TIMESTAMP[]), unnest($highest_priority::BIGINT[]), $load_id;

-- name: pulled_from
-- The address that each pulled source was pulled from last.
SELECT source, arg_max(path, load_id) AS url FROM load WHERE resource = 'pull' GROUP BY source ORDER BY source;
