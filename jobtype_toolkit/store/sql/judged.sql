-- Typed rows from a table, each with the reasons against it.
SELECT
    __position AS seq, /*file*/ AS file, __position AS position, /*extra*/ AS extra,
    concat_ws('; ', /*reasons*/) AS reason, /*values*/
FROM given
