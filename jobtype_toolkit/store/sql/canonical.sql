-- JSON in a form that does not depend on the order of keys.
CREATE OR REPLACE TEMP MACRO canonical(value) AS (
    SELECT list_sort(list(fullkey || ' ' || type || ' ' || coalesce(CAST(atom AS VARCHAR), ''))) FROM json_tree(value)
);
