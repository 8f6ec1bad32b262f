-- The sets of keys that rows and the objects in them have.
SELECT DISTINCT json_keys(j, $paths)
FROM raw
WHERE (json_type(j, '$.job_type') IS NOT DISTINCT FROM 'OBJECT') = $nested;
