-- Failures that share their error and exit code, whatever their job type: how many, of which types, mostly where, since when.
WITH failure AS (
    SELECT
        j.source, j.id, t.name, coalesce(e.name, 'no error recorded') AS error_name, e.category, j.exit_code, j.node,
        j.last_status_change, ($started IS NULL OR j.last_status_change >= $started::TIMESTAMP) AS inside,
        substr(md5(coalesce(e.name, '') || '/' || coalesce(j.exit_code::VARCHAR, '')), 1, 10) AS family
    FROM job_final AS j
    JOIN job_type AS t ON t.source = j.source AND t.id = j.job_type_id
    LEFT JOIN error AS e ON e.source = j.source AND e.id = j.error_id
    WHERE ($source = '*' OR j.source = $source) AND j.status = 'FAILED' AND j.last_status_change < $ended::TIMESTAMP
    AND ($version IS NULL OR list_contains($version::VARCHAR[], t.version))
    AND ($node IS NULL OR list_contains($node::VARCHAR[], j.node))
    AND ($category IS NULL OR list_contains($category::VARCHAR[], e.category))
    AND ($error_name IS NULL OR list_contains($error_name::VARCHAR[], e.name))
),
place AS (
    SELECT source, family, node, count(*) AS n FROM failure WHERE inside AND node IS NOT NULL GROUP BY source, family, node
),
worst AS (
    SELECT source, family, arg_max(node, (n, node)) AS node, max(n) AS n FROM place GROUP BY source, family
),
family AS (
    SELECT source, family, error_name, min(category) AS category, exit_code,
        count(*) FILTER (WHERE inside) AS count,
        list_sort(list(DISTINCT name) FILTER (WHERE inside)) AS names,
        count(*) FILTER (WHERE inside AND ($name IS NULL OR list_contains($name::VARCHAR[], name))) AS named,
        min(last_status_change) AS first_seen, max(last_status_change) AS last_seen,
        arg_max(id, (last_status_change, id)) AS job_id
    FROM failure
    GROUP BY source, family, error_name, exit_code
)
SELECT
    f.source, f.family,
    f.error_name || coalesce(', exit code ' || f.exit_code, '') || coalesce(' (' || f.category || ')', '')
        || CASE WHEN array_length(f.names) = 1 THEN ' of ' || f.names[1] ELSE ' of ' || array_length(f.names) || ' job types' END
        || CASE WHEN w.n * 2 > f.count THEN ', mostly on ' || w.node ELSE '' END AS title,
    f.count, f.names, [f.error_name] AS error_names,
    CASE WHEN w.n * 2 > f.count THEN w.node END AS node,
    f.first_seen, f.last_seen, f.job_id,
    ($started IS NOT NULL AND f.first_seen >= $started::TIMESTAMP) AS new
FROM family AS f
LEFT JOIN worst AS w ON w.source = f.source AND w.family = f.family
WHERE f.named > 0
ORDER BY f.count DESC, f.family, f.source;
