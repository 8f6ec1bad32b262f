-- A revision made here.
INSERT INTO job_type_revision BY NAME
SELECT
    $source AS source,
    (SELECT least(coalesce(min(id), 0), 0) - 1 FROM job_type_revision WHERE source = $source) AS id,
    $id AS job_type_id, $revision_num AS revision_num, $docker_image AS docker_image, $now::TIMESTAMP AS created,
    $manifest::JSON AS manifest, true AS is_local;
