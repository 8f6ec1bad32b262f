-- Errors that the incoming jobs speak of and the store does not have, made from what the jobs say.
-- Built-in names belong to no job type, others to the one whose job failed with them. A job that says a category and no
-- name gets a nameless error of that category, so that its failure still counts where it belongs.
CREATE OR REPLACE TEMP TABLE failed_with AS
SELECT
    seq, error_id, coalesce(error_name, 'unspecified-' || lower(error_category)) AS name, error_category AS category,
    CASE WHEN error_name IN (SELECT unnest($builtin)) OR error_name IS NULL THEN NULL ELSE job_type END AS job_type_name
FROM incoming
WHERE error_id IS NOT NULL OR error_name IS NOT NULL OR error_category IS NOT NULL;

INSERT INTO error BY NAME
SELECT
    $source AS source, f.error_id AS id, any_value(coalesce(o.name, f.name)) AS name, any_value(o.title) AS title,
    any_value(o.description) AS description, any_value(o.job_type_name) AS job_type_name,
    any_value(coalesce(o.category, f.category)) AS category, any_value(o.is_builtin) AS is_builtin,
    any_value(o.should_be_retried) AS should_be_retried, true AS inferred, $load_id AS load_id
FROM failed_with AS f
LEFT JOIN seen_error AS o ON o.id = f.error_id
WHERE f.error_id IS NOT NULL
AND f.error_id NOT IN (SELECT id FROM error WHERE source = $source)
GROUP BY f.error_id;

CREATE OR REPLACE TEMP TABLE named_error AS
SELECT
    f.name, f.job_type_name, f.category,
    (
        SELECT arg_max(e.id, (NOT e.inferred, e.id)) FROM error AS e
        WHERE e.source = $source AND e.name = f.name AND e.job_type_name IS NOT DISTINCT FROM f.job_type_name
        AND (f.category IS NULL OR e.category = f.category)
    ) AS id
FROM (SELECT DISTINCT name, job_type_name, category FROM failed_with WHERE error_id IS NULL) AS f;

UPDATE named_error
SET id = fresh.id
FROM (
    SELECT
        name, job_type_name, category,
        (SELECT least(coalesce(min(id), 0), 0) FROM error WHERE source = $source)
            - row_number() OVER (ORDER BY name, job_type_name, category) AS id
    FROM named_error WHERE id IS NULL
) AS fresh
WHERE named_error.id IS NULL AND fresh.name = named_error.name
AND fresh.job_type_name IS NOT DISTINCT FROM named_error.job_type_name
AND fresh.category IS NOT DISTINCT FROM named_error.category;

INSERT INTO error BY NAME
SELECT
    $source AS source, n.id, n.name, n.job_type_name, coalesce(n.category, b.category) AS category,
    b.name IS NOT NULL AS is_builtin, b.retried AS should_be_retried, true AS inferred, $load_id AS load_id
FROM named_error AS n
LEFT JOIN (SELECT unnest($builtin) AS name, unnest($categories) AS category, unnest($retried) AS retried) AS b
    ON b.name = n.name
WHERE n.id NOT IN (SELECT id FROM error WHERE source = $source);

UPDATE incoming
SET error_id = n.id
FROM failed_with AS f JOIN named_error AS n
    ON n.name = f.name AND n.job_type_name IS NOT DISTINCT FROM f.job_type_name AND n.category IS NOT DISTINCT FROM f.category
WHERE incoming.seq = f.seq AND f.error_id IS NULL;
