-- A job type made here: its id is a negative one, which no server gives, until its own record comes.
INSERT INTO job_type BY NAME
SELECT
    $source AS source, (SELECT least(coalesce(min(id), 0), 0) - 1 FROM job_type WHERE source = $source) AS id,
    $name AS name, $version AS version, false AS is_system, $max_tries AS max_tries, $now::TIMESTAMP AS created,
    '[]'::JSON AS recipe_types, false AS inferred, true AS is_local
RETURNING id;
