-- Whether rows are as v6 sends them, with a job type object inside; an input may have both kinds.
SELECT DISTINCT json_type(j, '$.job_type') IS NOT DISTINCT FROM 'OBJECT' FROM raw;
