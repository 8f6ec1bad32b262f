-- The rows of one load, typed; and those that cannot be loaded.
CREATE OR REPLACE TEMP TABLE incoming (seq BIGINT, file VARCHAR, position BIGINT, extra JSON, reason VARCHAR, /*columns*/);
CREATE OR REPLACE TEMP TABLE rejected (file VARCHAR, position BIGINT, reason VARCHAR, text VARCHAR);
