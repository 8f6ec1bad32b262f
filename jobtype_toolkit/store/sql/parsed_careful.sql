-- The rows of `raw`, as v6 sends them or flat, parsed with a structure.
CREATE OR REPLACE TEMP TABLE parsed AS
SELECT seq AS __seq, file AS __file, position AS __position, j AS __j, unnest(from_json(j, $structure))
FROM raw
WHERE (json_type(j, '$.job_type') IS NOT DISTINCT FROM 'OBJECT') = $nested;
