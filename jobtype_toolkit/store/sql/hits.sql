-- Where the store already has an incoming row, and whether it says the same or something newer.
INSERT INTO hit
SELECT i.seq, i.id, t.rowid, '/*table*/', (/*same*/), (/*older*/)
FROM incoming AS i JOIN /*table*/ AS t ON t.source = $source AND t.id = i.id;
