-- The incoming rows, all of which come with the keys of what they speak of.
CREATE OR REPLACE TEMP VIEW resolved AS SELECT i.* REPLACE (/*modified*/ i.id AS id) FROM incoming AS i;
