-- One job by a key.
SELECT /*columns*/, extra
FROM /*table*/
WHERE source = $source AND /*column*/ = $value
LIMIT 1;
