-- What was pruned is not complete any more, and no pull brings it back.
UPDATE source
SET pruned = greatest(coalesce(pruned, $before::TIMESTAMP), $before::TIMESTAMP)
WHERE ($source = '*' OR source = $source) AND pulled;
UPDATE coverage
SET started = greatest(coalesce(started, $before::TIMESTAMP), $before::TIMESTAMP)
WHERE $source = '*' OR source = $source;
DELETE FROM coverage WHERE started >= ended;
