-- Of several copies of one id in the input the newest is taken, or the later one where no last_modified tells.
DELETE FROM incoming
WHERE seq IN (
    SELECT seq FROM incoming
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY /*newest*/ seq DESC) > 1
);
