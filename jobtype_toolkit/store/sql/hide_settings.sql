-- Settings that are secret from now on: the history of the configuration gives their values no more.
UPDATE job_type_change
SET
    before = CASE WHEN before IS NOT NULL THEN json_merge_patch(before, $hidden) END,
    after = CASE WHEN after IS NOT NULL THEN json_merge_patch(after, $hidden) END
WHERE source = $source AND job_type_id = $id AND field = 'configuration';
