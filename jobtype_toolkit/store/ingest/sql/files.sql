-- name: add_rows
-- Rows of JSON that were told apart one by one.
INSERT INTO json_row
SELECT (SELECT coalesce(max(seq), 0) FROM json_row) + row_number() OVER (), $name, __position, j FROM /*reader*/;

-- name: invalid_rows
-- Rows that are no JSON.
SELECT file, position, left(j, 10 * $most) FROM json_row WHERE NOT json_valid(j) ORDER BY seq;

-- name: raw_documents
-- The rows of whole JSON documents: the results of v6 pages, the elements of arrays, single objects.
INSERT INTO json_row
SELECT row_number() OVER () AS seq, file, position, j
FROM (
    SELECT file, generate_subscripts(rows, 1) AS position, unnest(rows) AS j
    FROM (
        SELECT file, from_json(content, '{"results": ["JSON"]}').results AS rows FROM json_document WHERE kind = 'page'
        UNION ALL
        SELECT file, from_json(content, '["JSON"]') FROM json_document WHERE kind = 'array'
        UNION ALL
        SELECT file, [content::JSON] FROM json_document WHERE kind = 'object'
    )
);

-- name: documents
-- Whole JSON documents, and what each of them is.
CREATE OR REPLACE TEMP TABLE json_document AS
SELECT
    file,
    content,
    CASE
        WHEN NOT json_valid(content) THEN 'broken'
        WHEN json_type(content) = 'ARRAY' THEN 'array'
        WHEN json_type(content) <> 'OBJECT' THEN 'object'
        WHEN json_type(content, '$.results') = 'ARRAY' THEN 'page'
        ELSE 'object'
    END AS kind
FROM (SELECT filename AS file, ltrim(content, chr(65279)) AS content FROM read_text($files));
