-- The workspaces of a source.
SELECT source, name, is_active FROM workspace WHERE ($source = '*' OR source = $source) ORDER BY source, name;
