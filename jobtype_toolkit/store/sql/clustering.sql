-- Whether the incoming jobs are about in the order of last_status_change: the stretches of time that chunks of them cover
-- add up to little more than the whole.
SELECT coalesce(sum(greatest(covers, 0)) <= 2 * (max(latest) - min(earliest)), true)
FROM (
    SELECT
        epoch_us(min(last_status_change)) AS earliest, epoch_us(max(last_status_change)) AS latest,
        latest - earliest AS covers
    FROM incoming
    GROUP BY seq // /*chunk*/
);
