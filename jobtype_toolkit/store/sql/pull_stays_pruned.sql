-- Leave out jobs that were pruned: the stretch since then may bring them once more, where they were touched after they were over.
DELETE FROM incoming_rows
WHERE reason = '' AND NOT list_contains($open, status)
AND coalesce(last_status_change, last_modified) < (SELECT pruned FROM source WHERE source = $source);
