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
