-- name: tables
-- What a merge works with; all of it is temporary, and gone with the connection. It reads `incoming`, which the staging filled:
--   keyed                     view over `incoming` with the keys of job types and errors; made by `keyed`, read by all that follows
--   type_by_name              the job types that rows name without an id, with the id they get; made by `type_by_name`
--   error_by_name             the errors that rows name without an id, with the id they get; made by `errors_by_name`
--   adopted                   which id gives way to which; made by `adopted_…`, read by `adopt_…`
--   kept_value                what replaced rows have that the input is silent about; made by `kept_value`, read by the final INSERT
-- The rows that are not written: filled by `leave_out_…`, read by the final INSERT.
CREATE TEMP TABLE IF NOT EXISTS left_out (seq BIGINT);
-- Rows of the store that an incoming row meets: filled by `stored`, and by `compare` where `same` is NULL at first.
CREATE TEMP TABLE IF NOT EXISTS stored_row (seq BIGINT, id BIGINT, place BIGINT, home VARCHAR, same BOOLEAN, older BOOLEAN);
-- Those that give way: filled by `replace_stored`, read by `remove_replaced`, `remove_failed` and `kept_value`.
CREATE TEMP TABLE IF NOT EXISTS replaced (id BIGINT, place BIGINT, home VARCHAR);

-- name: with_settings
-- Configurations with settings, and the manifests that say which of them may be kept: their own, or else the one that is known.
SELECT i.seq, CAST(i.configuration AS VARCHAR), CAST(coalesce(i.manifest, t.manifest) AS VARCHAR)
FROM incoming AS i LEFT JOIN job_type AS t ON t.source = $source AND t.id = i.id
WHERE json_type(i.configuration, '$.settings') = 'OBJECT';

-- name: hide_settings
-- The incoming rows, some of them with another configuration.
CREATE OR REPLACE TEMP TABLE incoming_public AS
SELECT i.* REPLACE (coalesce(p.configuration, i.configuration) AS configuration)
FROM incoming AS i
LEFT JOIN (
    SELECT unnest($seqs::BIGINT[]) AS seq, CAST(unnest($configurations::VARCHAR[]) AS JSON) AS configuration
) AS p USING (seq);
CREATE OR REPLACE TEMP VIEW incoming AS FROM incoming_public;

-- name: survey
-- The newest time, how many rows there are, how many ids, and how many rows of each kind.
SELECT /*newest*/, count(*), count(DISTINCT id)/*counts*/ FROM incoming;

-- name: adopted_job_types
-- Job types that were inferred by name, or made here, and have an id of their own now.
CREATE OR REPLACE TEMP TABLE adopted AS
SELECT made.id AS before, min(real.id) AS after, bool_and(made.is_local) AND bool_and(real.inferred) AS is_fuller
FROM job_type AS made
JOIN job_type AS real
    ON real.source = made.source AND real.name = made.name AND real.version = made.version AND real.id >= 0
WHERE made.source = $source AND made.id < 0
GROUP BY made.id;

-- name: adopt_job_types
-- What belongs to those job types follows them to their new ids.
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

-- name: adopt_revisions
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

-- name: adopted_errors
-- Errors that were inferred by name, or made here, and have an id of their own now.
CREATE OR REPLACE TEMP TABLE adopted AS
SELECT made.id AS before, min(real.id) AS after
FROM error AS made
JOIN error AS real
    ON real.source = made.source AND real.name = made.name AND real.job_type_name IS NOT DISTINCT FROM made.job_type_name
    AND real.id >= 0
WHERE made.source = $source AND made.id < 0
GROUP BY made.id;

-- name: adopt_errors
-- What failed with those errors follows them to their new ids.
UPDATE job_final SET error_id = after FROM adopted WHERE source = $source AND error_id = before;
UPDATE job_open SET error_id = after FROM adopted WHERE source = $source AND error_id = before;
UPDATE job_failed SET error_id = after FROM adopted WHERE source = $source AND error_id = before;
UPDATE job_execution SET error_id = after FROM adopted WHERE source = $source AND error_id = before;
DELETE FROM error WHERE source = $source AND id IN (SELECT before FROM adopted);

-- name: infer_errors_by_id
-- Errors whose ids the incoming jobs have and the store does not, made from what the jobs say.
INSERT INTO error BY NAME
SELECT
    $source AS source, i.error_id AS id, any_value(coalesce(o.name, i.error_name)) AS name, any_value(o.title) AS title,
    any_value(o.description) AS description, any_value(o.job_type_name) AS job_type_name,
    any_value(coalesce(o.category, i.error_category)) AS category, any_value(o.is_builtin) AS is_builtin,
    any_value(o.should_be_retried) AS should_be_retried, true AS inferred, $load_id AS load_id
FROM incoming AS i
LEFT JOIN embedded_error AS o ON o.id = i.error_id
WHERE i.error_id IS NOT NULL AND i.error_id NOT IN (SELECT id FROM error WHERE source = $source)
GROUP BY i.error_id;

-- name: errors_by_name
-- The errors that the incoming jobs name without an id, with that of the store, or a new one.
-- Built-in names belong to no job type, others to the one whose job failed with them. A job that says a category and no
-- name gets a nameless error of that category, so that its failure still counts where it belongs.
CREATE OR REPLACE TEMP TABLE error_by_name AS
SELECT
    * EXCLUDE (known), known IS NULL AS is_new,
    coalesce(
        known,
        (SELECT least(coalesce(min(id), 0), 0) FROM error WHERE source = $source)
            - dense_rank() OVER (PARTITION BY known IS NULL ORDER BY name, job_type_name, error_category)
    ) AS id
FROM (
    SELECT
        n.*,
        (
            SELECT arg_max(e.id, (e.category IS NOT DISTINCT FROM n.error_category, NOT e.inferred, e.id)) FROM error AS e
            WHERE e.source = $source AND e.name = n.name AND e.job_type_name IS NOT DISTINCT FROM n.job_type_name
            AND (n.error_category IS NULL OR e.category = n.error_category)
        ) AS known
    FROM (
        SELECT
            f.*, coalesce(f.error_name, 'unspecified-' || lower(f.error_category)) AS name,
            CASE WHEN f.error_name IS NULL OR list_contains($builtin, f.error_name) THEN NULL ELSE f.job_type END AS job_type_name
        FROM (
            SELECT DISTINCT i.error_name, i.error_category, coalesce(i.job_type, t.name) AS job_type
            FROM incoming AS i
            LEFT JOIN job_type AS t ON t.source = $source AND t.id = i.job_type_id
            WHERE i.error_id IS NULL AND (i.error_name IS NOT NULL OR i.error_category IS NOT NULL)
        ) AS f
    ) AS n
);

-- name: infer_errors_by_name
-- Those that are new.
INSERT INTO error BY NAME
SELECT DISTINCT
    $source AS source, n.id, n.name, n.job_type_name, coalesce(n.error_category, b.category) AS category,
    b.name IS NOT NULL AS is_builtin, b.retried AS should_be_retried, true AS inferred, $load_id AS load_id
FROM error_by_name AS n
LEFT JOIN (SELECT unnest($builtin) AS name, unnest($categories) AS category, unnest($retried) AS retried) AS b
    ON b.name = n.name
WHERE n.is_new;

-- name: infer_types_by_id
-- Job types whose ids the incoming rows have and the store does not, made from what the rows say.
INSERT INTO job_type BY NAME
SELECT
    $source AS source, i.job_type_id AS id, any_value(coalesce(o.name, /*name*/)) AS name,
    any_value(coalesce(o.version, /*version*/)) AS version, any_value(o.title) AS title,
    any_value(o.description) AS description, any_value(o.is_active) AS is_active, any_value(o.is_system) AS is_system,
    any_value(o.is_paused) AS is_paused, any_value(o.is_published) AS is_published, any_value(o.icon_code) AS icon_code,
    any_value(o.unmet_resources) AS unmet_resources, true AS inferred, $load_id AS load_id
FROM (FROM incoming ANTI JOIN (SELECT id AS job_type_id FROM job_type WHERE source = $source) USING (job_type_id)) AS i
LEFT JOIN embedded_job_type AS o ON o.id = i.job_type_id
WHERE i.job_type_id IS NOT NULL
GROUP BY i.job_type_id;

-- name: named_types
-- Job types that the incoming rows name without an id, those of the oldest jobs first.
SELECT /*name*/ AS name, /*version*/ AS version
FROM incoming AS i
WHERE i.job_type_id IS NULL AND /*name*/ IS NOT NULL AND /*version*/ IS NOT NULL
GROUP BY ALL
ORDER BY min(i.created) NULLS LAST, name, version;

-- name: known_types
-- The job types of the source; of several of one name and version the last is the one that rows mean.
SELECT name, version, id FROM job_type WHERE source = $source ORDER BY NOT inferred, id;

-- name: type_by_name
-- The ids of the job types that the incoming rows name.
CREATE OR REPLACE TEMP TABLE type_by_name AS
SELECT unnest($names::VARCHAR[]) AS name, unnest($versions::VARCHAR[]) AS version, unnest($ids::BIGINT[]) AS id;

-- name: infer_types_by_name
-- Those that are new.
INSERT INTO job_type BY NAME
SELECT $source AS source, id, name, version, true AS inferred, $load_id AS load_id FROM type_by_name WHERE id <= $highest;

-- name: infer_types_by_name_and_object
-- Those that are new, made from what the objects in the rows say.
INSERT INTO job_type BY NAME
SELECT
    $source AS source, f.id, f.name, f.version, o.title, o.description, o.is_active, o.is_system, o.is_paused,
    o.is_published, o.icon_code, o.unmet_resources, true AS inferred, $load_id AS load_id
FROM type_by_name AS f
LEFT JOIN embedded_job_type AS o ON o.id IS NULL AND o.name = f.name AND o.version = f.version
WHERE f.id <= $highest
QUALIFY row_number() OVER (PARTITION BY f.id) = 1;

-- name: keyed
-- The incoming rows with the keys of what they speak of.
CREATE OR REPLACE TEMP VIEW keyed AS SELECT i.* REPLACE (/*keys*/) FROM incoming AS i /*joins*/;

-- name: key_of_type
LEFT JOIN type_by_name AS t ON i.job_type_id IS NULL AND t.name = /*name*/ AND t.version = /*version*/

-- name: key_of_error
LEFT JOIN (FROM job_type WHERE source = /*source*/) AS known ON known.id = i.job_type_id
LEFT JOIN error_by_name AS e
    ON i.error_id IS NULL AND e.error_name IS NOT DISTINCT FROM i.error_name
    AND e.error_category IS NOT DISTINCT FROM i.error_category
    AND e.job_type IS NOT DISTINCT FROM coalesce(i.job_type, known.name)

-- name: leave_out_copies
-- Of several copies of one id in the input the newest is taken, or the later one where no last_modified tells.
INSERT INTO left_out
SELECT seq
FROM (FROM keyed SEMI JOIN (SELECT id FROM keyed GROUP BY id HAVING count(*) > 1) USING (id))
QUALIFY row_number() OVER (PARTITION BY id ORDER BY /*newest*/ seq DESC) > 1;

-- name: canonical
-- JSON in a form that does not depend on the order of keys.
CREATE OR REPLACE TEMP MACRO canonical(value) AS (
    SELECT list_sort(list(fullkey || ' ' || type || ' ' || coalesce(CAST(atom AS VARCHAR), ''))) FROM json_tree(value)
);

-- name: stored
-- Where the store already has an incoming row, and whether it says the same or something newer.
-- Rows that were modified at another time differ without a closer look, which would read every column.
INSERT INTO stored_row
SELECT i.seq, i.id, t.rowid, '/*table*/', CASE WHEN NOT (/*undecided*/) THEN false END, (/*older*/)
FROM (FROM keyed ANTI JOIN left_out USING (seq)) AS i
JOIN /*table*/ AS t ON t.source = $source AND t.id = i.id;

-- name: compare
-- Whether rows that may say the same do. They are added once more: to update them out of their order takes long.
INSERT INTO stored_row
SELECT s.seq, s.id, s.place, s.home, (/*same*/), s.older
FROM stored_row AS s
JOIN keyed AS i ON i.seq = s.seq
JOIN /*table*/ AS t ON t.rowid = s.place
WHERE s.same IS NULL AND s.home = '/*table*/';

-- name: leave_out_stored
-- What the store has already is not written again.
INSERT INTO left_out SELECT seq FROM stored_row WHERE same IS NOT NULL AND (same OR older);

-- name: replace_stored
-- What the store has otherwise gives way.
INSERT INTO replaced SELECT id, place, home FROM stored_row WHERE NOT same AND NOT older;

-- name: newest_gone
-- The newest time of the jobs that are about to give way.
SELECT max(greatest(last_status_change, last_modified))
FROM (
    SELECT last_status_change, last_modified FROM job_final
    WHERE rowid IN (SELECT place FROM replaced WHERE home = 'job_final')
    UNION ALL
    SELECT last_status_change, last_modified FROM job_open
    WHERE rowid IN (SELECT place FROM replaced WHERE home = 'job_open')
);

-- name: kept_value
-- What the rows that are about to be replaced know.
CREATE OR REPLACE TEMP TABLE kept_value AS
SELECT id, /*columns*/ FROM /*table*/ WHERE rowid IN (SELECT place FROM replaced);

-- name: remove_replaced
-- Rows of the store that give way.
DELETE FROM /*table*/ WHERE rowid IN (SELECT place FROM replaced WHERE home = '/*table*/');

-- name: remove_failed
-- The narrow copies of jobs that give way.
DELETE FROM job_failed WHERE source = $source AND id IN (SELECT id FROM replaced);

-- name: changes
-- What an incoming job type changes of a field that Scale keeps no history of: at its last edit, or, where the record does not tell of
-- one since the state that it replaces, when it was observed.
INSERT INTO job_type_change
SELECT
    $source, t.id, t.name, t.version, '/*field*/', CAST(t./*field*/ AS VARCHAR), CAST(i./*field*/ AS VARCHAR),
    CASE
        WHEN i.last_modified > t.last_modified AND i.last_modified < $observed::TIMESTAMP THEN i.last_modified
        ELSE $observed::TIMESTAMP
    END,
    $load_id
FROM keyed AS i
JOIN stored_row AS h ON h.seq = i.seq AND NOT h.same AND NOT h.older
JOIN job_type AS t ON t.source = $source AND t.id = i.id
WHERE NOT t.inferred AND /*differs*/;
