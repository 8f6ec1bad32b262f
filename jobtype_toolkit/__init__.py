"""Scale v6 job types and job history in DuckDB and pandas."""
