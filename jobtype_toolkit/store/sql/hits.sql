-- Where the store already has an incoming row, and whether it says the same or something newer.
INSERT INTO hit
SELECT i.seq, i.id, t.rowid, '/*table*/', (/*same*/), (/*older*/)
FROM (FROM resolved ANTI JOIN passed_over USING (seq)) AS i
JOIN /*table*/ AS t ON t.source = $source AND t.id = i.id;
