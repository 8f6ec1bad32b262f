-- In which rows of the two tables the jobs of a page are, in their order.
-- Only the columns that are sorted by are read for all jobs that match.
SELECT part, place
FROM (
    SELECT 0 AS part, j.rowid AS place, /*keys*/ FROM /*final*/ AS j WHERE /*matching*/
    UNION ALL
    SELECT 1, j.rowid, /*keys*/ FROM /*open*/ AS j WHERE /*matching*/
)
ORDER BY /*order*/
LIMIT $limit OFFSET $offset;
