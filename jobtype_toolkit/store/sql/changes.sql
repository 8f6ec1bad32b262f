-- What an incoming job type changes of a field that Scale keeps no history of.
INSERT INTO job_type_change
SELECT
    $source, t.id, t.name, t.version, '/*field*/', CAST(t./*field*/ AS VARCHAR), CAST(i./*field*/ AS VARCHAR),
    $observed::TIMESTAMP, $load_id
FROM incoming AS i JOIN job_type AS t ON t.source = $source AND t.id = i.id
WHERE NOT t.inferred AND t./*field*/ IS DISTINCT FROM i./*field*/
AND i.seq IN (SELECT seq FROM hit WHERE NOT same AND NOT older);
