-- A job type that was inferred by name, or made here, is the one that has an id of its own now: what belongs to it follows.
CREATE OR REPLACE TEMP TABLE adopted AS
SELECT made.id AS before, min(real.id) AS after, bool_and(made.is_local) AND bool_and(real.inferred) AS is_fuller
FROM job_type AS made
JOIN job_type AS real
    ON real.source = made.source AND real.name = made.name AND real.version = made.version AND real.id >= 0
WHERE made.source = $source AND made.id < 0
GROUP BY made.id;
UPDATE job_final SET job_type_id = after FROM adopted WHERE source = $source AND job_type_id = before;
UPDATE job_open SET job_type_id = after FROM adopted WHERE source = $source AND job_type_id = before;
UPDATE job_failed SET job_type_id = after FROM adopted WHERE source = $source AND job_type_id = before;
UPDATE job_execution SET job_type_id = after FROM adopted WHERE source = $source AND job_type_id = before;
UPDATE job_type_revision SET job_type_id = after FROM adopted WHERE source = $source AND job_type_id = before;
UPDATE job_type_change SET job_type_id = adopted.after FROM adopted WHERE source = $source AND job_type_id = adopted.before;
-- What was made here says more than what jobs say of it: it stays, under that id, until its own record comes.
DELETE FROM job_type WHERE source = $source AND id IN (SELECT after FROM adopted WHERE is_fuller);
UPDATE job_type SET id = after, inferred = true FROM adopted WHERE source = $source AND id = before AND is_fuller;
DELETE FROM job_type WHERE source = $source AND id IN (SELECT before FROM adopted);
-- Revisions made here give way to those of the server, and to its counter.
DELETE FROM job_type_revision
WHERE source = $source AND id < 0 AND (
    EXISTS (
        FROM job_type_revision AS real
        WHERE real.source = job_type_revision.source AND real.job_type_id = job_type_revision.job_type_id
        AND real.revision_num = job_type_revision.revision_num AND real.id >= 0
    )
    OR EXISTS (
        FROM job_type AS t
        WHERE t.source = job_type_revision.source AND t.id = job_type_revision.job_type_id
        AND NOT t.is_local AND NOT t.inferred AND t.revision_num < job_type_revision.revision_num
    )
);
