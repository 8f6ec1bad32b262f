-- The address that each pulled source was pulled from last.
SELECT source, arg_max(path, load_id) AS url FROM load WHERE resource = 'pull' GROUP BY source ORDER BY source;
