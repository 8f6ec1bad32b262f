-- The rows of a table that have a reason against them, with their text; the columns that we count with are no part of it.
INSERT INTO rejected
SELECT i.file, i.position, i.reason, left(regexp_replace(CAST(to_json(g) AS VARCHAR), ',"(__position|file_row_number)":[0-9]+', '', 'g'), $most)
FROM (SELECT seq, file, position, reason FROM judged WHERE reason <> '') AS i
JOIN given AS g ON g.__position = i.seq;
