-- What PostgreSQL and DuckDB both understand: they run on Scale's own database, and on the tables of its dump.
-- COPY binds nothing, so instants and ids that were read before stand in the statements.

-- name: job_types
-- Job types, as the table has them.
SELECT
    id, name, version, /*title*/ AS title, /*description*/ AS description, is_active, is_system, is_paused, is_published,
    icon_code, unmet_resources, max_scheduled, max_tries, revision_num, docker_image, created, deprecated, paused,
    last_modified, manifest, configuration
FROM job_type;

-- name: recipe_types
-- The recipe types that use a job type, one row each.
SELECT DISTINCT
    l.job_type_id, rt.id, rt.name, rt.title, rt.description, rt.revision_num, rt.is_active, rt.is_system, rt.created,
    rt.deprecated, rt.last_modified
FROM recipe_type_job_link AS l
JOIN recipe_type AS rt ON rt.id = l.recipe_type_id;

-- name: job_type_revisions
-- Revisions with their manifests as they were stored.
SELECT r.id, r.job_type_id, t.name, t.version, r.revision_num, r.docker_image, r.created, r.manifest
FROM job_type_revision AS r
JOIN job_type AS t ON t.id = r.job_type_id;

-- name: errors
-- All errors.
SELECT id, name, title, description, job_type_name, category, is_builtin, should_be_retried, created, last_modified FROM error;

-- name: ends
-- The last and the first change of a job, and how many jobs there are, about.
SELECT max(last_modified) AS newest, min(last_modified) AS oldest, (/*rows*/) AS row_count FROM job;

-- name: slice
-- Where a slice begins that ends at an instant and holds so many jobs, and how many there are in front of it at most.
SELECT min(last_modified) AS started, count(*) AS row_count
FROM (
    SELECT last_modified FROM job
    WHERE last_modified >= '/*started*/'::TIMESTAMPTZ AND last_modified < '/*ended*/'::TIMESTAMPTZ
    ORDER BY last_modified DESC
    LIMIT /*most*/
) AS newest;

-- name: jobs
-- The jobs of a slice with what stands beside them; their input files come by themselves.
SELECT
    j.id, j.job_type_id, t.name AS job_type, t.version AS job_type_version, r.revision_num, j.status,
    j.error_id, e.name AS error_name, e.category AS error_category, n.hostname AS node,
    j.num_exes, j.max_tries, j.input_file_size, j.is_superseded,
    j.created, j.queued, j.started, j.ended, j.last_status_change, j.last_modified,
    j.superseded, j.superseded_job_id, j.job_type_rev_id, j.node_id,
    j.event_id, ev.type AS event_type, ev.occurred AS event_occurred, j.ingest_event_id,
    j.recipe_id, rt.name AS recipe_type, j.batch_id, b.title AS batch_title,
    j.source_started, j.source_ended, j.source_sensor_class, j.source_sensor, j.source_collection, j.source_task
FROM job AS j
JOIN job_type AS t ON t.id = j.job_type_id
JOIN job_type_revision AS r ON r.id = j.job_type_rev_id
LEFT JOIN error AS e ON e.id = j.error_id
LEFT JOIN node AS n ON n.id = j.node_id
LEFT JOIN trigger_event AS ev ON ev.id = j.event_id
LEFT JOIN recipe AS rc ON rc.id = j.recipe_id
LEFT JOIN recipe_type AS rt ON rt.id = rc.recipe_type_id
LEFT JOIN batch AS b ON b.id = j.batch_id
WHERE j.last_modified >= '/*started*/'::TIMESTAMPTZ AND j.last_modified < '/*ended*/'::TIMESTAMPTZ;

-- name: job_executions
-- The executions of the jobs of a slice; one without an end is running.
SELECT
    x.id, x.job_id, x.exe_num, coalesce(d.status, 'RUNNING') AS status, x.job_type_id, t.name AS job_type,
    t.version AS job_type_version, d.error_id, e.name AS error_name, e.category AS error_category, x.node_id,
    n.hostname AS node, x.cluster_id, x.created, x.queued, x.started, d.ended, x.timeout, x.input_file_size
FROM job AS j
JOIN job_exe AS x ON x.job_id = j.id
JOIN job_type AS t ON t.id = x.job_type_id
LEFT JOIN job_exe_end AS d ON d.job_exe_id = x.id
LEFT JOIN error AS e ON e.id = d.error_id
LEFT JOIN node AS n ON n.id = x.node_id
WHERE j.last_modified >= '/*started*/'::TIMESTAMPTZ AND j.last_modified < '/*ended*/'::TIMESTAMPTZ;

-- name: made
-- When some jobs were made: ids of another server's jobs are the same, and their births are not.
SELECT id, created FROM job WHERE id IN (/*ids*/);

-- name: named
-- The names of the job types.
SELECT id, name, version FROM job_type;
