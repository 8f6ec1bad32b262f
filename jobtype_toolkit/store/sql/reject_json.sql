-- Move the rows that have a reason against them to `rejected`, with their text.
INSERT INTO rejected
SELECT i.file, i.position, i.reason, left(CAST(r.j AS VARCHAR), $most)
FROM incoming_rows AS i JOIN raw AS r ON r.file = i.file AND r.position = i.position
WHERE i.reason <> '';
DELETE FROM incoming_rows WHERE reason <> '';
