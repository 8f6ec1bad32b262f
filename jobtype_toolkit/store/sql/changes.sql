-- What an incoming job type changes of a field that Scale keeps no history of.
INSERT INTO job_type_change
SELECT
    $source, t.id, t.name, t.version, '/*field*/', CAST(t./*field*/ AS VARCHAR), CAST(i./*field*/ AS VARCHAR),
    $observed::TIMESTAMP, $load_id
FROM resolved AS i
JOIN hit AS h ON h.seq = i.seq AND NOT h.same AND NOT h.older
JOIN job_type AS t ON t.source = $source AND t.id = i.id
WHERE NOT t.inferred AND /*differs*/;
