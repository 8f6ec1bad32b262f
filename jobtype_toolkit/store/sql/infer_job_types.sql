-- Job types that the incoming rows speak of and the store does not have, made from what the rows say.
-- Those known by id keep it; those known by name and version only get a negative one, which no server gives.
INSERT INTO job_type BY NAME
SELECT
    $source AS source, i.job_type_id AS id, any_value(coalesce(o.name, /*name*/)) AS name,
    any_value(coalesce(o.version, /*version*/)) AS version, any_value(o.title) AS title,
    any_value(o.description) AS description, any_value(o.is_active) AS is_active, any_value(o.is_system) AS is_system,
    any_value(o.is_paused) AS is_paused, any_value(o.is_published) AS is_published, any_value(o.icon_code) AS icon_code,
    any_value(o.unmet_resources) AS unmet_resources, true AS inferred, $load_id AS load_id
FROM (FROM incoming ANTI JOIN (SELECT id AS job_type_id FROM job_type WHERE source = $source) USING (job_type_id)) AS i
LEFT JOIN seen_job_type AS o ON o.id = i.job_type_id
WHERE i.job_type_id IS NOT NULL
GROUP BY i.job_type_id;

CREATE OR REPLACE TEMP TABLE type_of AS
SELECT
    /*name*/ AS name, /*version*/ AS version, min(i.created) AS created,
    (
        SELECT arg_max(t.id, (NOT t.inferred, t.id)) FROM job_type AS t
        WHERE t.source = $source AND t.name = /*name*/ AND t.version = /*version*/
    ) AS id
FROM incoming AS i
WHERE i.job_type_id IS NULL
GROUP BY /*name*/, /*version*/;

UPDATE type_of
SET id = fresh.id
FROM (
    SELECT
        name, version,
        (SELECT least(coalesce(min(id), 0), 0) FROM job_type WHERE source = $source)
            - row_number() OVER (ORDER BY created NULLS LAST, name, version) AS id
    FROM type_of WHERE id IS NULL
) AS fresh
WHERE type_of.id IS NULL AND fresh.name = type_of.name AND fresh.version = type_of.version;

INSERT INTO job_type BY NAME
SELECT
    $source AS source, f.id, f.name, f.version, o.title, o.description, o.is_active, o.is_system, o.is_paused,
    o.is_published, o.icon_code, o.unmet_resources, true AS inferred, $load_id AS load_id
FROM type_of AS f
LEFT JOIN seen_job_type AS o ON o.id IS NULL AND o.name = f.name AND o.version = f.version
WHERE f.id NOT IN (SELECT id FROM job_type WHERE source = $source)
QUALIFY row_number() OVER (PARTITION BY f.id) = 1;
