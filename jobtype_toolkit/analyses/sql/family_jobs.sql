-- The jobs of a family of failures, those that failed last first.
WITH
/*failure*/
SELECT *
FROM job
WHERE (source, id) IN (
    SELECT source, id
    FROM failure
    WHERE family = $family AND ($started IS NULL OR last_status_change >= $started::TIMESTAMP)
)
ORDER BY last_status_change DESC, id, source;
