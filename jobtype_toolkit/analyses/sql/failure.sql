-- The failed jobs up to the end of the window, each with the template of its message and its family: what shares error, exit code and
-- template. Of a message the first line counts, of a Python traceback the last; what is quoted, paths and what has a digit are values.
failure AS (
    SELECT *,
        substr(md5(
            coalesce(error_name, '') || '/' || coalesce(CAST(exit_code AS VARCHAR), '') || coalesce('/' || template, '')
        ), 1, 10) AS family
    FROM (
        SELECT source, id, job_type_id, error_name, category, exit_code, node, last_status_change,
            nullif(trim(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
                line,
                '"[^"]*"|`[^`]*`', '*', 'g'),
                '[^ ,;()\[\]]*[/\\]([^ ,;()\[\]]*[^ ,;:.()\[\]])?', '*', 'g'),
                '''[^'' ]*''', '*', 'g'),
                '[A-Za-z_.:+-]*[0-9]([A-Za-z0-9_.:+-]*[A-Za-z0-9_])?', '*', 'g'),
                '[*]([ ,;]*[*])+', '*', 'g')), '') AS template
        FROM (
            SELECT *,
                substr(CASE
                    WHEN message LIKE 'Traceback%' THEN regexp_extract(message, '([^\r\n]*)[\r\n]*$', 1)
                    ELSE regexp_extract(message, '^([^\r\n]*)', 1)
                END, 1, 500) AS line
            FROM (
                SELECT
                    j.source, j.id, j.job_type_id, e.name AS error_name, e.category, j.exit_code, j.node, j.last_status_change,
                    trim(coalesce(
                        j.extra ->> '$.message', j.extra ->> '$.error_message', j.extra ->> '$.log', j.extra ->> '$.stderr'
                    ), E' \t\r\n') AS message
                FROM job_final AS j
                LEFT JOIN error AS e ON e.source = j.source AND e.id = j.error_id
                WHERE ($source = '*' OR j.source = $source) AND j.status = 'FAILED' AND j.last_status_change < $ended::TIMESTAMP
            ) AS told
        ) AS said
    ) AS templated
)
