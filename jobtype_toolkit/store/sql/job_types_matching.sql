-- The job types that match; a keyword is part of the name or of a tag, whatever its case.
FROM (
    SELECT *, from_json(manifest -> '$.job.tags', '["VARCHAR"]') AS tags
    FROM job_type
    WHERE ($source = '*' OR source = $source)
) AS t
WHERE ($id IS NULL OR list_contains($id, t.id))
AND ($is_active IS NULL OR t.is_active = $is_active)
AND ($is_system IS NULL OR t.is_system = $is_system)
AND (
    $keyword IS NULL
    OR len(list_filter($keyword, lambda k: contains(lower(t.name), lower(k)))) > 0
    OR len(list_filter(t.tags, lambda g: len(list_filter($keyword, lambda k: contains(lower(g), lower(k)))) > 0)) > 0
)
