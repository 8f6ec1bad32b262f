(
    SELECT j.* REPLACE (coalesce(m.last_modified, j.last_modified) AS last_modified), j.rowid
    FROM /*table*/ AS j
    LEFT JOIN (SELECT unnest($moved_ids) AS id, unnest($moved_stamps) AS last_modified) AS m ON m.id = j.id
)
