-- All versions of the names of which one version matches all of v6's filters at once.
SELECT *
FROM job_type
WHERE (source, name) IN (
SELECT t.source, t.name
/*matching*/
)
ORDER BY source, name, id;
