-- What the store knows of the job types of a source, for the question which of them moved, and which lack revisions.
SELECT
    id, last_modified, revision_num, manifest IS NOT NULL AND configuration IS NOT NULL,
    (
        SELECT count(DISTINCT r.revision_num)
        FROM job_type_revision AS r
        WHERE r.source = t.source AND r.job_type_id = t.id AND r.manifest IS NOT NULL AND r.revision_num <= t.revision_num
    ) >= coalesce(revision_num, 1)
FROM job_type AS t
WHERE source = $source;
