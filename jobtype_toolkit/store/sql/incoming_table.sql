-- Typed rows from a table, each with the reasons against it.
INSERT INTO incoming (seq, file, position, extra, reason, /*names*/)
SELECT $base + position, $file, position, /*extra*/, concat_ws('; ', /*reasons*/), /*values*/
FROM given;
