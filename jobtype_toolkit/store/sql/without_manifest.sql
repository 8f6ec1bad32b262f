-- How many job types have no manifest loaded.
SELECT count(*) AS n FROM job_type WHERE ($source = '*' OR source = $source) AND manifest IS NULL;
