-- How many jobs match.
SELECT
    (SELECT count(*) FROM /*final*/ AS j WHERE /*matching*/)
    + (SELECT count(*) FROM /*open*/ AS j WHERE /*matching*/) AS n;
