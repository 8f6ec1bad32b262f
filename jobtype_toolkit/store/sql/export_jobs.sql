SELECT /*columns*/, extra FROM job WHERE ($source = '*' OR source = $source) ORDER BY last_status_change, id
