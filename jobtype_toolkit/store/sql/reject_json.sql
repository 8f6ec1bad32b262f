-- Move the rows that have a reason against them to `rejected`, with their text.
INSERT INTO rejected
SELECT i.file, i.position, i.reason, left(CAST(p.__j AS VARCHAR), $most)
FROM incoming_rows AS i JOIN parsed AS p ON p.__seq + $base = i.seq
WHERE i.reason <> '';
DELETE FROM incoming_rows WHERE reason <> '';
