SELECT /*columns*/, extra FROM error WHERE ($source = '*' OR source = $source) ORDER BY id
