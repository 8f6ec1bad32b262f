-- A change of a field that Scale keeps no history of.
INSERT INTO job_type_change
VALUES ($source, $id, $name, $version, $field, $before, $after, $now::TIMESTAMP, NULL);
