-- The workspaces of a source.
SELECT name, is_active FROM workspace WHERE ($source = '*' OR source = $source) ORDER BY source, name;
