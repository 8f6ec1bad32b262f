-- Typed rows from JSON, each with the reasons against it.
INSERT INTO incoming_rows (seq, file, position, extra, reason, /*names*/)
SELECT $base + seq, file, position, /*extra*/, concat_ws('; ', /*reasons*/), /*values*/
FROM (
    SELECT seq, file, position, j, from_json(j, $structure) AS s
    FROM raw
    WHERE (json_type(j, '$.job_type') IS NOT DISTINCT FROM 'OBJECT') = $nested
);
