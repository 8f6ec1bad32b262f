-- The objects inside v6 rows, one of each.
INSERT INTO seen_/*name*/
SELECT /*values*/
FROM (SELECT any_value(s./*name*/) AS s FROM parsed AS s WHERE s./*name*/ IS NOT NULL GROUP BY /*key*/);
