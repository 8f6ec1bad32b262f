-- Typed rows from JSON, each with the reasons against it.
INSERT INTO incoming_rows (seq, file, position, extra, reason, /*names*/)
SELECT $base + __seq, __file, __position, /*extra*/, concat_ws('; ', /*reasons*/), /*values*/
FROM parsed AS s;
