-- What DuckDB's CSV reader could not read, so far nothing.
DROP TABLE IF EXISTS csv_reject;
DROP TABLE IF EXISTS csv_scan;
