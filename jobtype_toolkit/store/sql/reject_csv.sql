-- Lines that DuckDB's CSV reader could not split into the columns of the header.
INSERT INTO rejected
SELECT DISTINCT ON (line) $file, line - 1, 'not a row of this CSV file: ' || error_message, left(csv_line, $most)
FROM csv_reject;
