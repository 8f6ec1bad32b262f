-- The workspaces of a source, in place of those known before.
DELETE FROM workspace WHERE source = $source;
INSERT INTO workspace
SELECT $source, w.name, w.is_active, $now::TIMESTAMP
FROM (SELECT unnest($names::VARCHAR[]) AS name, unnest($active::BOOLEAN[]) AS is_active) AS w;
