-- name: input_files
-- The input files of a slice in one value per job, {input: [names]}, in the order of PostgreSQL's own documents.
-- Most jobs have one file, which needs no sorting.
CREATE OR REPLACE TEMP TABLE input_file AS SELECT * FROM /*rows*/;
CREATE OR REPLACE TEMP TABLE first_file AS
SELECT
    job_id, any_value(input) AS input, any_value(file_id) AS file_id, any_value(file_name) AS file_name, count(*) AS row_count
FROM input_file
GROUP BY job_id;
CREATE OR REPLACE TEMP TABLE input_files AS
SELECT
    job_id,
    concat('{', to_json(input), ':', CASE WHEN file_id IS NULL THEN '[]' ELSE concat('[', to_json(file_name), ']') END, '}') AS input_files
FROM first_file
WHERE row_count = 1
UNION ALL
SELECT job_id, to_json(map_from_entries(list((input, names) ORDER BY strlen(input), input)))::VARCHAR
FROM (
    SELECT job_id, input, coalesce(list(file_name ORDER BY file_id) FILTER (WHERE file_id IS NOT NULL), []) AS names
    FROM input_file
    SEMI JOIN (FROM first_file WHERE row_count > 1) USING (job_id)
    GROUP BY job_id, input
)
GROUP BY job_id;

-- name: jobs
-- Jobs with their input files.
COPY (
    SELECT j.*, coalesce(f.input_files, '{}')::JSON AS input_files
    FROM /*rows*/ AS j
    LEFT JOIN input_files AS f ON f.job_id = j.id
) TO '/*file*/' (FORMAT parquet, COMPRESSION uncompressed);

-- name: recipe_types
-- The recipe types of each job type in one value, as v6 writes them.
CREATE OR REPLACE TEMP MACRO v6_text(moment) AS
    strftime(moment::TIMESTAMP, '%Y-%m-%dT%H:%M:%S')
    || CASE WHEN microsecond(moment::TIMESTAMP) % 1000000 = 0 THEN '' ELSE strftime(moment::TIMESTAMP, '.%f') END || 'Z';
CREATE OR REPLACE TEMP TABLE recipe_types AS
SELECT
    job_type_id,
    to_json(list(
        json_object(
            'id', id, 'name', name, 'title', title, 'description', description, 'is_active', is_active, 'is_system', is_system,
            'revision_num', revision_num, 'created', v6_text(created), 'deprecated', v6_text(deprecated),
            'last_modified', v6_text(last_modified)
        )
        ORDER BY id
    )) AS recipe_types
FROM /*rows*/
GROUP BY job_type_id;

-- name: job_types
-- Job types as their details have them: v6 fills in what a configuration lacks, and leaves out its version.
COPY (
    SELECT
        t.* EXCLUDE (title, description, manifest, configuration),
        coalesce(t.manifest::JSON ->> '$.job.title', t.title) AS title,
        coalesce(t.manifest::JSON ->> '$.job.description', t.description) AS description,
        t.manifest::JSON AS manifest,
        json_object(
            'mounts', coalesce(t.configuration::JSON -> '$.mounts', '{}'::JSON),
            'output_workspaces', json_object(
                'default', coalesce(t.configuration::JSON -> '$.output_workspaces.default', '""'::JSON),
                'outputs', coalesce(t.configuration::JSON -> '$.output_workspaces.outputs', '{}'::JSON)
            ),
            'priority', coalesce(t.configuration::JSON -> '$.priority', '100'::JSON),
            'settings', coalesce(t.configuration::JSON -> '$.settings', '{}'::JSON)
        ) AS configuration,
        coalesce(r.recipe_types, '[]'::JSON) AS recipe_types
    FROM /*rows*/ AS t
    LEFT JOIN recipe_types AS r ON r.job_type_id = t.id
) TO '/*file*/' (FORMAT parquet, COMPRESSION uncompressed);

-- name: plain
-- Rows of which nothing is to be changed.
COPY (SELECT * FROM /*rows*/) TO '/*file*/' (FORMAT parquet, COMPRESSION uncompressed);
