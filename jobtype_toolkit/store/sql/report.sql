-- name: mutes
-- The failures that are muted, those first whose mute ends first.
SELECT error_name, name, until, why, muted FROM mute ORDER BY until, error_name, name;

-- name: unmute
-- The failures with an error, of one job type or of all.
DELETE FROM mute WHERE error_name = $error_name AND name IS NOT DISTINCT FROM $name;

-- name: mute
INSERT INTO mute (error_name, name, until, why, muted)
VALUES ($error_name, $name, $until::TIMESTAMP, $why, $muted::TIMESTAMP);

-- name: names
-- The names of errors and job types, whatever their source.
SELECT DISTINCT 'error' AS kind, name FROM error UNION ALL SELECT DISTINCT 'job type', name FROM job_type;

-- name: alarms
SELECT source, name, opened, worse, judged, calm FROM alarm ORDER BY source, name;
