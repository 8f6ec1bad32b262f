-- A job type as an edit leaves it; what came from a load is the store's own now.
UPDATE job_type
SET
    title = $title, description = $description, is_active = $is_active, is_paused = $is_paused,
    is_published = $is_published, icon_code = $icon_code, unmet_resources = $unmet_resources,
    max_scheduled = $max_scheduled, revision_num = $revision_num, docker_image = $docker_image,
    deprecated = $deprecated::TIMESTAMP, paused = $paused::TIMESTAMP, last_modified = $now::TIMESTAMP,
    manifest = $manifest::JSON, configuration = $configuration::JSON, load_id = NULL, is_local = true
WHERE source = $source AND id = $id;
