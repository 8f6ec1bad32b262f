-- name: all
-- The sources of a history, and how fresh each is.
SELECT source, jobs, as_of, observed, pulled, watermark FROM source ORDER BY source;

-- name: coverage
-- The stretches of pulled sources that are complete.
SELECT source, started, ended FROM coverage;
