-- Move the rows that have a reason against them to `rejected`, with their text.
INSERT INTO rejected
SELECT i.file, i.position, i.reason, left(CAST(to_json(g) AS VARCHAR), $most)
FROM incoming AS i JOIN given AS g ON g.position = i.position
WHERE i.reason <> '';
DELETE FROM incoming WHERE reason <> '';
