-- Some rows of a table of jobs.
SELECT rowid AS place, /*columns*/, extra
FROM /*table*/
WHERE source = $source AND rowid IN (SELECT unnest($places));
