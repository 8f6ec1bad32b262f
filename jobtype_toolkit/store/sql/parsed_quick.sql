-- Rows as a v6 server sends them, read by DuckDB's parallel reader.
CREATE OR REPLACE TEMP TABLE parsed AS
SELECT row_number() OVER () AS __seq, NULL::VARCHAR AS __file, NULL::BIGINT AS __position, NULL::JSON AS __j, *
FROM read_json($files, format = 'array', columns = {/*columns*/}, maximum_object_size = 134217728);
