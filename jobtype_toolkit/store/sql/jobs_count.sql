-- How many jobs match v6's filters.
SELECT count(*) AS n
/*matching*/;
