-- The rows of whole JSON documents: the results of v6 pages, the elements of arrays, single objects.
CREATE OR REPLACE TEMP TABLE raw AS
SELECT row_number() OVER () AS seq, file, position, j
FROM (
    SELECT file, generate_subscripts(rows, 1) AS position, unnest(rows) AS j
    FROM (
        SELECT file, from_json(content, '{"results": ["JSON"]}').results AS rows FROM document WHERE kind = 'page'
        UNION ALL
        SELECT file, from_json(content, '["JSON"]') FROM document WHERE kind = 'array'
        UNION ALL
        SELECT file, [content::JSON] FROM document WHERE kind = 'object'
    )
);
