-- The rows of `raw`, as v6 sends them or flat, parsed with a structure.
SELECT seq, file, position, j, from_json(j, $structure) AS s
FROM raw
WHERE (json_type(j, '$.job_type') IS NOT DISTINCT FROM 'OBJECT') = $nested
