-- The objects inside v6 rows, one of each id.
INSERT INTO seen_/*name*/
SELECT /*values*/
FROM (
    SELECT any_value(s./*name*/) AS s
    FROM parsed AS s
    WHERE s./*name*/.id IS NOT NULL
    GROUP BY s./*name*/.id
);
