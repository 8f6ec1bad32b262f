-- The objects inside v6 rows, one of each id.
INSERT INTO seen_/*name*/
SELECT /*values*/
FROM (
    SELECT any_value(s./*name*/) AS s
    FROM (SELECT from_json(j, $structure) AS s FROM raw WHERE json_type(j, '$.job_type') = 'OBJECT')
    WHERE s./*name*/.id IS NOT NULL
    GROUP BY s./*name*/.id
);
