-- Jobs that match v6's filters, a stretch of them in order.
SELECT *
/*matching*/
ORDER BY /*order*/
LIMIT $limit OFFSET $offset;
