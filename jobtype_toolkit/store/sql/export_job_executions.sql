SELECT /*columns*/, extra FROM job_execution WHERE ($source = '*' OR source = $source) ORDER BY id
