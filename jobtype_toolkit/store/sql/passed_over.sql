-- Of several copies of one id in the input the newest is taken, or the later one where no last_modified tells.
INSERT INTO passed_over
SELECT seq
FROM (FROM resolved SEMI JOIN (SELECT id FROM resolved GROUP BY id HAVING count(*) > 1) USING (id))
QUALIFY row_number() OVER (PARTITION BY id ORDER BY /*newest*/ seq DESC) > 1;
