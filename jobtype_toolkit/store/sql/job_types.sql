-- Job types that match v6's filters.
SELECT *
/*matching*/
ORDER BY t.source, lower(t.name), t.id;
