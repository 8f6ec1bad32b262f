-- Nothing is different.
SELECT 1;
