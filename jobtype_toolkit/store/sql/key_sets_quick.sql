-- The sets of keys that rows and the objects in them have.
SELECT DISTINCT json_keys(json, $paths)
FROM read_json_objects($files, format = 'array', maximum_object_size = 134217728);
