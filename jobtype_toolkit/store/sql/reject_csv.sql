-- Lines that DuckDB's CSV reader could not split into the columns of the header.
INSERT INTO rejected
SELECT DISTINCT ON (line) $file, line - 1, 'not a row of this CSV file: ' || error_message, left(trim(csv_line, chr(10) || chr(13)), $most)
FROM csv_reject;
