-- Lines that are no JSON.
SELECT file, position, left(j, $most) FROM raw WHERE NOT json_valid(j) ORDER BY position;
