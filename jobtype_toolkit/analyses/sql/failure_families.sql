-- Failures that share their error, exit code and the template of their message, whatever their job type: how many, of which types, mostly
-- where, since when.
WITH
/*failure*/,
kept AS (
    SELECT j.*, t.name, ($started IS NULL OR j.last_status_change >= $started::TIMESTAMP) AS inside
    FROM failure AS j
    JOIN job_type AS t ON t.source = j.source AND t.id = j.job_type_id
    WHERE ($version IS NULL OR list_contains($version::VARCHAR[], t.version))
    AND ($node IS NULL OR list_contains($node::VARCHAR[], j.node))
    AND ($category IS NULL OR list_contains($category::VARCHAR[], j.category))
    AND ($error_name IS NULL OR list_contains($error_name::VARCHAR[], j.error_name))
),
place AS (
    SELECT source, family, node, count(*) AS n FROM kept WHERE inside AND node IS NOT NULL GROUP BY source, family, node
),
worst AS (
    SELECT source, family, arg_max(node, (n, node)) AS node, max(n) AS n FROM place GROUP BY source, family
),
family AS (
    SELECT source, family, error_name, min(category) AS category, exit_code, template,
        count(*) FILTER (WHERE inside) AS count,
        list_sort(list(DISTINCT name) FILTER (WHERE inside)) AS names,
        count(*) FILTER (WHERE inside AND ($name IS NULL OR list_contains($name::VARCHAR[], name))) AS named,
        min(last_status_change) AS first_seen, max(last_status_change) AS last_seen,
        arg_max(id, (last_status_change, id)) AS job_id
    FROM kept
    GROUP BY source, family, error_name, exit_code, template
)
SELECT
    f.source, f.family,
    coalesce(f.error_name, 'no error recorded') || coalesce(', exit code ' || f.exit_code, '')
        || coalesce(' (' || f.category || ')', '') || coalesce(': ' || substr(f.template, 1, 80), '')
        || CASE WHEN array_length(f.names) = 1 THEN ' of ' || f.names[1] ELSE ' of ' || array_length(f.names) || ' job types' END
        || CASE WHEN w.n * 2 > f.count THEN ', mostly on ' || w.node ELSE '' END AS title,
    f.template, f.count, f.names, [coalesce(f.error_name, 'no error recorded')] AS error_names,
    CASE WHEN w.n * 2 > f.count THEN w.node END AS node,
    f.first_seen, f.last_seen, f.job_id,
    ($started IS NOT NULL AND f.first_seen >= $started::TIMESTAMP) AS new
FROM family AS f
LEFT JOIN worst AS w ON w.source = f.source AND w.family = f.family
WHERE f.named > 0
ORDER BY f.count DESC, f.family, f.source;
