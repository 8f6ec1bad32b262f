-- Where the store already has an incoming row, and whether it says the same or something newer.
-- Rows that were modified at another time differ without a closer look, which would read every column.
CREATE OR REPLACE TEMP TABLE found AS
SELECT i.seq, i.id, t.rowid AS place, (/*older*/) AS older, (/*undecided*/) AS undecided
FROM (FROM resolved ANTI JOIN passed_over USING (seq)) AS i
JOIN /*table*/ AS t ON t.source = $source AND t.id = i.id;

INSERT INTO hit SELECT seq, id, place, '/*table*/', false, older FROM found WHERE NOT undecided;

INSERT INTO hit
SELECT i.seq, i.id, f.place, '/*table*/', (/*same*/), f.older
FROM (FROM found WHERE undecided) AS f
JOIN resolved AS i ON i.seq = f.seq
JOIN /*table*/ AS t ON t.rowid = f.place;
