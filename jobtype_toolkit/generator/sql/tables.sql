CREATE TABLE jobs (
    id BIGINT,
    job_type_id BIGINT,
    job_type VARCHAR,
    job_type_version VARCHAR,
    revision_num BIGINT,
    job_type_rev_id BIGINT,
    status VARCHAR,
    error_id BIGINT,
    error_name VARCHAR,
    error_category VARCHAR,
    node_id BIGINT,
    node VARCHAR,
    num_exes BIGINT,
    max_tries BIGINT,
    input_file_size DOUBLE,
    is_superseded BOOLEAN,
    superseded_job_id BIGINT,
    event_id BIGINT,
    recipe_id BIGINT,
    batch_id BIGINT,
    created TIMESTAMPTZ,
    queued TIMESTAMPTZ,
    started TIMESTAMPTZ,
    ended TIMESTAMPTZ,
    last_status_change TIMESTAMPTZ,
    superseded TIMESTAMPTZ,
    last_modified TIMESTAMPTZ
);

CREATE TABLE job_executions (
    id BIGINT,
    job_id BIGINT,
    exe_num BIGINT,
    status VARCHAR,
    job_type_id BIGINT,
    node_id BIGINT,
    node VARCHAR,
    error_id BIGINT,
    cluster_id VARCHAR,
    created TIMESTAMPTZ,
    queued TIMESTAMPTZ,
    started TIMESTAMPTZ,
    ended TIMESTAMPTZ,
    timeout BIGINT,
    input_file_size DOUBLE
);

-- In the columns of a chunk -1 stands for null, and moments are milliseconds.
CREATE MACRO present(number) AS nullif(number, -1);
CREATE MACRO moment(milliseconds) AS make_timestamp(1000 * nullif(milliseconds, -1))::TIMESTAMPTZ;
CREATE MACRO mib(size) AS CASE WHEN NOT isnan(size) THEN size END;
