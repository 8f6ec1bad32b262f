-- The lines of an NDJSON file as they are; blank ones are none.
CREATE OR REPLACE TEMP TABLE raw AS
SELECT row_number() OVER () AS seq, $name AS file, position, ltrim(line, chr(65279)) AS j
FROM (
    SELECT row_number() OVER () AS position, line
    FROM read_csv(
        $file, columns = {'line': 'VARCHAR'}, header = false, auto_detect = false, delim = chr(31), quote = '', escape = '',
        strict_mode = false, null_padding = false, max_line_size = 134217728
    )
)
WHERE trim(line) <> '';
