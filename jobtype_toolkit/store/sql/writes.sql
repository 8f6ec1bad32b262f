-- name: present
-- What the store holds of a name and version; one whose own record was loaded before one that is inferred.
SELECT * FROM job_type
WHERE source = $source AND name = $name AND version = $version
ORDER BY inferred, id
LIMIT 1;

-- name: past
-- The revisions of a job type: their numbers, and the settings that they declare.
SELECT revision_num, manifest -> '$.job.interface.settings'
FROM job_type_revision
WHERE source = $source AND job_type_id = $id;

-- name: jobs_now
-- The jobs of a job type that are not over.
SELECT status, count(*) AS n
FROM job_open
WHERE source = $source AND job_type_id = $id AND status IN ('RUNNING', 'QUEUED', 'PENDING')
GROUP BY status;

-- name: know_source
-- A source into which nothing was loaded yet.
INSERT INTO source BY NAME
SELECT $source AS source, 0 AS jobs, false AS pulled
WHERE $source NOT IN (SELECT source FROM source);

-- name: set_workspaces
-- The workspaces of a source, in place of those known before.
DELETE FROM workspace WHERE source = $source;
INSERT INTO workspace
SELECT $source, w.name, w.is_active, $now::TIMESTAMP
FROM (SELECT unnest($names::VARCHAR[]) AS name, unnest($active::BOOLEAN[]) AS is_active) AS w;

-- name: add_job_type
-- A job type made here: its id is a negative one, which no server gives, until its own record comes.
INSERT INTO job_type BY NAME
SELECT
    $source AS source, (SELECT least(coalesce(min(id), 0), 0) - 1 FROM job_type WHERE source = $source) AS id,
    $name AS name, $version AS version, false AS is_system, $max_tries AS max_tries, $now::TIMESTAMP AS created,
    '[]'::JSON AS recipe_types, false AS inferred, true AS is_local
RETURNING id;

-- name: edit_job_type
-- A job type as an edit leaves it; what came from a load is the store's own now.
UPDATE job_type
SET
    title = $title, description = $description, is_active = $is_active, is_paused = $is_paused,
    is_published = $is_published, icon_code = $icon_code, unmet_resources = $unmet_resources,
    max_scheduled = $max_scheduled, revision_num = $revision_num, docker_image = $docker_image,
    deprecated = $deprecated::TIMESTAMP, paused = $paused::TIMESTAMP, last_modified = $now::TIMESTAMP,
    manifest = $manifest::JSON, configuration = $configuration::JSON, load_id = NULL, is_local = true
WHERE source = $source AND id = $id;

-- name: keep_change
-- A change of a field that Scale keeps no history of.
INSERT INTO job_type_change
VALUES ($source, $id, $name, $version, $field, $before, $after, $now::TIMESTAMP, NULL);

-- name: keep_revision
-- The revision that is about to be replaced, where only the details had it; its image is not known for sure.
INSERT INTO job_type_revision BY NAME
SELECT
    t.source, (SELECT least(coalesce(min(id), 0), 0) - 1 FROM job_type_revision WHERE source = $source) AS id,
    t.id AS job_type_id, t.revision_num, t.manifest, true AS is_local
FROM job_type AS t
WHERE t.source = $source AND t.id = $id AND t.manifest IS NOT NULL AND t.revision_num IS NOT NULL
AND NOT EXISTS (
    FROM job_type_revision AS r
    WHERE r.source = t.source AND r.job_type_id = t.id AND r.revision_num = t.revision_num
);

-- name: add_revision
-- A revision made here.
INSERT INTO job_type_revision BY NAME
SELECT
    $source AS source,
    (SELECT least(coalesce(min(id), 0), 0) - 1 FROM job_type_revision WHERE source = $source) AS id,
    $id AS job_type_id, $revision_num AS revision_num, $docker_image AS docker_image, $now::TIMESTAMP AS created,
    $manifest::JSON AS manifest, true AS is_local;

-- name: upsert_errors
-- The errors of a manifest: known by the name of the job type and their own, changed where they differ, never removed.
CREATE OR REPLACE TEMP TABLE manifest_error AS
SELECT unnest(from_json($errors::JSON, '[{"name": "VARCHAR", "title": "VARCHAR", "description": "VARCHAR", "category": "VARCHAR"}]'), recursive := true);

UPDATE error
SET
    title = m.title, description = m.description, category = m.category, last_modified = $now::TIMESTAMP,
    load_id = NULL, is_local = true
FROM manifest_error AS m
WHERE error.source = $source AND error.job_type_name = $name AND error.name = m.name
AND (error.title, error.description, error.category) IS DISTINCT FROM (m.title, m.description, m.category);

INSERT INTO error BY NAME
SELECT
    $source AS source,
    (SELECT least(coalesce(min(id), 0), 0) FROM error WHERE source = $source) - row_number() OVER (ORDER BY m.name) AS id,
    m.name, m.title, m.description, $name AS job_type_name, m.category, false AS is_builtin,
    false AS should_be_retried, $now::TIMESTAMP AS created, $now::TIMESTAMP AS last_modified, false AS inferred,
    true AS is_local
FROM manifest_error AS m
WHERE m.name NOT IN (SELECT name FROM error WHERE source = $source AND job_type_name = $name);

DROP TABLE manifest_error;

-- name: hide_settings
-- Settings that are secret from now on: the history of the configuration gives their values no more.
UPDATE job_type_change
SET
    before = CASE WHEN before IS NOT NULL THEN json_merge_patch(before, $hidden) END,
    after = CASE WHEN after IS NOT NULL THEN json_merge_patch(after, $hidden) END
WHERE source = $source AND job_type_id = $id AND field = 'configuration';
