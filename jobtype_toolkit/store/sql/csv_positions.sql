-- Rows behind a line that could not be read stand that much further down in the file.
CREATE TEMP TABLE IF NOT EXISTS csv_reject (line UBIGINT);
UPDATE judged_rows
SET position = position + (
    SELECT count(*)
    FROM (SELECT line - row_number() OVER (ORDER BY line) AS rows_before FROM (SELECT DISTINCT line FROM csv_reject))
    WHERE rows_before <= judged_rows.position
)
WHERE (SELECT count(*) FROM csv_reject) > 0;
