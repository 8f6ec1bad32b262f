-- Errors that the incoming jobs speak of and the store does not have, made from what the jobs say.
-- Built-in names belong to no job type, others to the one whose job failed with them. A job that says a category and no
-- name gets a nameless error of that category, so that its failure still counts where it belongs.
INSERT INTO error BY NAME
SELECT
    $source AS source, i.error_id AS id, any_value(coalesce(o.name, i.error_name)) AS name, any_value(o.title) AS title,
    any_value(o.description) AS description, any_value(o.job_type_name) AS job_type_name,
    any_value(coalesce(o.category, i.error_category)) AS category, any_value(o.is_builtin) AS is_builtin,
    any_value(o.should_be_retried) AS should_be_retried, true AS inferred, $load_id AS load_id
FROM incoming AS i
LEFT JOIN seen_error AS o ON o.id = i.error_id
WHERE i.error_id IS NOT NULL AND i.error_id NOT IN (SELECT id FROM error WHERE source = $source)
GROUP BY i.error_id;

CREATE OR REPLACE TEMP TABLE error_of AS
SELECT
    f.*, coalesce(f.error_name, 'unspecified-' || lower(f.error_category)) AS name,
    CASE WHEN f.error_name IS NULL OR f.error_name IN (SELECT unnest($builtin)) THEN NULL ELSE f.job_type END AS job_type_name,
    NULL::BIGINT AS id
FROM (
    SELECT DISTINCT i.error_name, i.error_category, coalesce(i.job_type, t.name) AS job_type
    FROM incoming AS i
    LEFT JOIN job_type AS t ON t.source = $source AND t.id = i.job_type_id
    WHERE i.error_id IS NULL AND (i.error_name IS NOT NULL OR i.error_category IS NOT NULL)
) AS f;

UPDATE error_of
SET id = (
    SELECT arg_max(e.id, (e.category IS NOT DISTINCT FROM error_of.error_category, NOT e.inferred, e.id)) FROM error AS e
    WHERE e.source = $source AND e.name = error_of.name AND e.job_type_name IS NOT DISTINCT FROM error_of.job_type_name
    AND (error_of.error_category IS NULL OR e.category = error_of.error_category)
);

UPDATE error_of
SET id = fresh.id
FROM (
    SELECT
        name, job_type_name, error_category,
        (SELECT least(coalesce(min(id), 0), 0) FROM error WHERE source = $source)
            - row_number() OVER (ORDER BY name, job_type_name, error_category) AS id
    FROM (SELECT DISTINCT name, job_type_name, error_category FROM error_of WHERE id IS NULL)
) AS fresh
WHERE error_of.id IS NULL AND fresh.name = error_of.name
AND fresh.job_type_name IS NOT DISTINCT FROM error_of.job_type_name
AND fresh.error_category IS NOT DISTINCT FROM error_of.error_category;

INSERT INTO error BY NAME
SELECT DISTINCT
    $source AS source, n.id, n.name, n.job_type_name, coalesce(n.error_category, b.category) AS category,
    b.name IS NOT NULL AS is_builtin, b.retried AS should_be_retried, true AS inferred, $load_id AS load_id
FROM error_of AS n
LEFT JOIN (SELECT unnest($builtin) AS name, unnest($categories) AS category, unnest($retried) AS retried) AS b
    ON b.name = n.name
WHERE n.id NOT IN (SELECT id FROM error WHERE source = $source);
