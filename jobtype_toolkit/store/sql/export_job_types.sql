SELECT /*columns*/, extra FROM job_type WHERE ($source = '*' OR source = $source) ORDER BY id
