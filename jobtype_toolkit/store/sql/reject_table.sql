-- The rows of a table that have a reason against them, with their text.
INSERT INTO rejected
SELECT i.file, i.position, i.reason, left(CAST(to_json(g) AS VARCHAR), $most)
FROM (SELECT seq, file, position, reason FROM judged WHERE reason <> '') AS i
JOIN given AS g ON g.__position = i.seq;
