-- Batches and rows of each chain, and what is missing in between: in numbers of batches, and in places of rows.
-- A gap is to be explained, but no gap proves nothing: what is cut off at the end, or forged, is for `cairn verify` to find.
WITH batches AS (
  SELECT chain, number, count(*) AS leaves, max("index") + 1 AS places, count_if(action IS NULL) AS rejections,
    min(arrived) AS earliest, max(arrived) AS latest,
    lead(number) OVER (PARTITION BY chain ORDER BY number) AS next_number
  FROM recent_events
  GROUP BY chain, number
)
SELECT chain, min(number) AS first_batch, max(number) AS last_batch, count(*) AS batches,
  max(number) - min(number) + 1 - count(*) AS missing_batches,
  min(number + 1) FILTER (WHERE next_number > number + 1) AS first_missing_batch,
  sum(leaves) AS leaves, sum(rejections) AS rejections, sum(places - leaves) AS missing_leaves,
  min(earliest) AS earliest, max(latest) AS latest
FROM batches
GROUP BY chain
ORDER BY chain
