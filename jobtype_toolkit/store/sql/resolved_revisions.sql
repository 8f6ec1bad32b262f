-- The incoming revisions with the keys of their job types.
CREATE OR REPLACE TEMP VIEW resolved AS
SELECT i.* REPLACE (coalesce(i.job_type_id, t.id) AS job_type_id)
FROM incoming AS i
LEFT JOIN type_of AS t ON i.job_type_id IS NULL AND t.name = i.name AND t.version = i.version;
