-- The revision that is about to be replaced, where only the details had it; its image is not known for sure.
INSERT INTO job_type_revision BY NAME
SELECT
    t.source, (SELECT least(coalesce(min(id), 0), 0) - 1 FROM job_type_revision WHERE source = $source) AS id,
    t.id AS job_type_id, t.revision_num, t.manifest, true AS is_local
FROM job_type AS t
WHERE t.source = $source AND t.id = $id AND t.manifest IS NOT NULL AND t.revision_num IS NOT NULL
AND NOT EXISTS (
    FROM job_type_revision AS r
    WHERE r.source = t.source AND r.job_type_id = t.id AND r.revision_num = t.revision_num
);
