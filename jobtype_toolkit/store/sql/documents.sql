-- Whole JSON documents, and what each of them is.
CREATE OR REPLACE TEMP TABLE document AS
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
