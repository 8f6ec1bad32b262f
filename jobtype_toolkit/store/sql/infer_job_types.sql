-- Job types that the incoming rows speak of and the store does not have, made from what the rows say.
-- Those known by id keep it; those known by name and version only get a negative one, which no server gives.
CREATE OR REPLACE TEMP TABLE spoken_of AS
SELECT i.job_type_id, i./*name*/ AS name, i./*version*/ AS version, min(i.created) AS created
FROM incoming AS i
GROUP BY ALL;

INSERT INTO job_type BY NAME
SELECT
    $source AS source, s.job_type_id AS id, any_value(coalesce(o.name, s.name)) AS name,
    any_value(coalesce(o.version, s.version)) AS version, any_value(o.title) AS title,
    any_value(o.description) AS description, any_value(o.is_active) AS is_active, any_value(o.is_system) AS is_system,
    any_value(o.is_paused) AS is_paused, any_value(o.is_published) AS is_published, any_value(o.icon_code) AS icon_code,
    any_value(o.unmet_resources) AS unmet_resources, true AS inferred, $load_id AS load_id
FROM spoken_of AS s
LEFT JOIN seen_job_type AS o ON o.id = s.job_type_id
WHERE s.job_type_id IS NOT NULL
AND s.job_type_id NOT IN (SELECT id FROM job_type WHERE source = $source)
GROUP BY s.job_type_id;

INSERT INTO job_type BY NAME
SELECT
    $source AS source,
    (SELECT least(coalesce(min(id), 0), 0) FROM job_type WHERE source = $source)
        - row_number() OVER (ORDER BY s.created NULLS LAST, s.name, s.version) AS id,
    s.name, s.version, true AS inferred, $load_id AS load_id
FROM (
    SELECT name, version, min(created) AS created
    FROM spoken_of
    WHERE job_type_id IS NULL
    GROUP BY name, version
) AS s
WHERE (s.name, s.version) NOT IN (
    SELECT (name, version) FROM job_type WHERE source = $source AND name IS NOT NULL AND version IS NOT NULL
);

UPDATE incoming
SET job_type_id = known.id
FROM (
    SELECT name, version, arg_max(id, (NOT inferred, id)) AS id
    FROM job_type WHERE source = $source GROUP BY name, version
) AS known
WHERE incoming.job_type_id IS NULL AND known.name = incoming./*name*/ AND known.version = incoming./*version*/;
