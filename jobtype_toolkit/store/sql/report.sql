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

-- name: export_mutes
SELECT error_name, name, until AT TIME ZONE 'UTC' AS until, why, muted AT TIME ZONE 'UTC' AS muted
FROM mute ORDER BY until, error_name, name

-- name: export_alarms
SELECT name, opened AT TIME ZONE 'UTC' AS opened, worse AT TIME ZONE 'UTC' AS worse, judged AT TIME ZONE 'UTC' AS judged, calm
FROM alarm WHERE source = $source ORDER BY name

-- name: load_mutes
-- What an export kept takes the place of the same mutes here.
CREATE OR REPLACE TEMP TABLE kept AS
SELECT error_name, name, until AT TIME ZONE 'UTC' AS until, why, muted AT TIME ZONE 'UTC' AS muted FROM read_parquet($file);
DELETE FROM mute USING kept WHERE mute.error_name = kept.error_name AND mute.name IS NOT DISTINCT FROM kept.name;
INSERT INTO mute (error_name, name, until, why, muted) SELECT error_name, name, until, why, muted FROM kept;

-- name: load_alarms
-- What an export kept takes the place of the same alarms here.
CREATE OR REPLACE TEMP TABLE kept AS
SELECT
    $source AS source, name, opened AT TIME ZONE 'UTC' AS opened, worse AT TIME ZONE 'UTC' AS worse,
    judged AT TIME ZONE 'UTC' AS judged, calm
FROM read_parquet($file);
DELETE FROM alarm USING kept WHERE alarm.source = kept.source AND alarm.name = kept.name;
INSERT INTO alarm (source, name, opened, worse, judged, calm) SELECT source, name, opened, worse, judged, calm FROM kept;

-- name: kept
SELECT count(*) FROM kept;
