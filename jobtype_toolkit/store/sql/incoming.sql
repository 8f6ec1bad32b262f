-- The rows of one load, typed; and those that cannot be loaded.
CREATE OR REPLACE TEMP TABLE incoming_rows (
    seq BIGINT, file VARCHAR, position BIGINT, extra JSON, reason VARCHAR, /*columns*/
);
CREATE OR REPLACE TEMP VIEW incoming AS SELECT * EXCLUDE (reason) FROM incoming_rows;
CREATE OR REPLACE TEMP TABLE rejected (file VARCHAR, position BIGINT, reason VARCHAR, text VARCHAR);
