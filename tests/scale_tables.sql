-- The tables of Scale 7.2.2 that hold job history, as its migrations make them, without those that a history does not need.
CREATE TABLE node (
    id SERIAL PRIMARY KEY, hostname VARCHAR(250) NOT NULL UNIQUE, pause_reason VARCHAR(250), is_paused BOOLEAN NOT NULL DEFAULT false,
    is_active BOOLEAN NOT NULL DEFAULT true, last_offer_received TIMESTAMPTZ
);
CREATE TABLE error (
    id SERIAL PRIMARY KEY, name VARCHAR(50) NOT NULL, job_type_name VARCHAR(250), title VARCHAR(50), description VARCHAR(250),
    category VARCHAR(50) NOT NULL, is_builtin BOOLEAN NOT NULL, should_be_retried BOOLEAN NOT NULL, created TIMESTAMPTZ NOT NULL,
    last_modified TIMESTAMPTZ NOT NULL, UNIQUE (job_type_name, name)
);
CREATE TABLE job_type (
    id SERIAL PRIMARY KEY, name VARCHAR(50) NOT NULL, version VARCHAR(50) NOT NULL, is_system BOOLEAN NOT NULL, is_long_running BOOLEAN
    NOT NULL DEFAULT false, is_active BOOLEAN NOT NULL, is_paused BOOLEAN NOT NULL, is_published BOOLEAN NOT NULL, icon_code VARCHAR(20),
    unmet_resources VARCHAR(250), max_scheduled INTEGER, max_tries INTEGER NOT NULL, revision_num INTEGER NOT NULL, docker_image
    VARCHAR(500) NOT NULL, created TIMESTAMPTZ NOT NULL, deprecated TIMESTAMPTZ, paused TIMESTAMPTZ, last_modified TIMESTAMPTZ NOT NULL,
    manifest JSONB NOT NULL, configuration JSONB NOT NULL, UNIQUE (name, version)
);
CREATE TABLE job_type_revision (
    id SERIAL PRIMARY KEY, job_type_id INTEGER NOT NULL REFERENCES job_type, revision_num INTEGER NOT NULL, manifest JSONB NOT NULL,
    docker_image VARCHAR(500) NOT NULL, created TIMESTAMPTZ NOT NULL, UNIQUE (job_type_id, revision_num)
);
CREATE TABLE trigger_event (
    id SERIAL PRIMARY KEY, type VARCHAR(50) NOT NULL, rule_id INTEGER, description JSONB NOT NULL DEFAULT '{}', occurred TIMESTAMPTZ NOT NULL
);
CREATE TABLE recipe_type (
    id SERIAL PRIMARY KEY, name VARCHAR(50) NOT NULL UNIQUE, title VARCHAR(50), description VARCHAR(500), is_system BOOLEAN NOT NULL,
    is_active BOOLEAN NOT NULL, definition JSONB NOT NULL DEFAULT '{}', revision_num INTEGER NOT NULL, created TIMESTAMPTZ NOT NULL,
    deprecated TIMESTAMPTZ, last_modified TIMESTAMPTZ NOT NULL
);
CREATE TABLE recipe_type_job_link (
    id SERIAL PRIMARY KEY, job_type_id INTEGER NOT NULL REFERENCES job_type, recipe_type_id INTEGER NOT NULL REFERENCES recipe_type
);
CREATE TABLE recipe (id SERIAL PRIMARY KEY, recipe_type_id INTEGER NOT NULL REFERENCES recipe_type);
CREATE TABLE batch (id SERIAL PRIMARY KEY, title VARCHAR(50), definition JSONB NOT NULL DEFAULT '{"secret": "credential"}');
CREATE TABLE ingest_event (id SERIAL PRIMARY KEY, type VARCHAR(50), occurred TIMESTAMPTZ);
CREATE TABLE scale_file (id SERIAL PRIMARY KEY, file_name VARCHAR(250) NOT NULL);
CREATE TABLE job (
    id SERIAL PRIMARY KEY, job_type_id INTEGER NOT NULL REFERENCES job_type, job_type_rev_id INTEGER NOT NULL REFERENCES job_type_revision,
    event_id INTEGER REFERENCES trigger_event, ingest_event_id INTEGER REFERENCES ingest_event, recipe_id INTEGER REFERENCES recipe,
    batch_id INTEGER REFERENCES batch, status VARCHAR(50) NOT NULL, node_id INTEGER REFERENCES node, error_id INTEGER REFERENCES error,
    is_superseded BOOLEAN NOT NULL DEFAULT false, superseded_job_id INTEGER, root_superseded_job_id INTEGER, superseded TIMESTAMPTZ, input
    JSONB, input_file_size DOUBLE PRECISION, output JSONB, configuration JSONB, num_exes INTEGER NOT NULL, max_tries INTEGER NOT NULL,
    source_started TIMESTAMPTZ, source_ended TIMESTAMPTZ, source_sensor_class TEXT, source_sensor TEXT, source_collection TEXT, source_task
    TEXT, created TIMESTAMPTZ NOT NULL, queued TIMESTAMPTZ, started TIMESTAMPTZ, ended TIMESTAMPTZ, last_status_change TIMESTAMPTZ,
    last_modified TIMESTAMPTZ NOT NULL
);
CREATE INDEX job_last_modified ON job (last_modified, job_type_id, status);
CREATE TABLE job_exe (
    id SERIAL PRIMARY KEY, job_id INTEGER NOT NULL REFERENCES job, exe_num INTEGER NOT NULL, job_type_id INTEGER NOT NULL REFERENCES
    job_type, node_id INTEGER REFERENCES node, cluster_id VARCHAR(100), timeout INTEGER NOT NULL, input_file_size DOUBLE PRECISION,
    configuration JSONB, created TIMESTAMPTZ NOT NULL, queued TIMESTAMPTZ NOT NULL, started TIMESTAMPTZ
);
CREATE INDEX job_exe_job ON job_exe (job_id);
CREATE TABLE job_exe_end (
    job_exe_id INTEGER PRIMARY KEY REFERENCES job_exe, job_id INTEGER, status VARCHAR(50) NOT NULL, error_id INTEGER REFERENCES error,
    task_results JSONB, seed_started TIMESTAMPTZ, seed_ended TIMESTAMPTZ, ended TIMESTAMPTZ NOT NULL, created TIMESTAMPTZ
);
CREATE TABLE queue (id SERIAL PRIMARY KEY, job_id INTEGER, job_type_id INTEGER, priority INTEGER, queued TIMESTAMPTZ, is_canceled BOOLEAN);
