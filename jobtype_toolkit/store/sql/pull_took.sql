-- What a batch of a pull brought.
INSERT INTO reject
SELECT $load_id, $source, $resource, file, position, reason, text FROM rejected;
UPDATE load
SET rows = rows + $rows, new = new + $new, changed = changed + $changed, unchanged = unchanged + $unchanged,
    rejected = rejected + $rejected
WHERE load_id = $load_id;
