-- What was rejected, by reason.
-- Parameters, of the arrival: from and before, in UTC ('2026-01-31' or '2026-01-31 09:00:00').
SELECT json_extract_scalar(event, '$.reason.code') AS code,
  json_extract_scalar(event, '$.reason.pointer') AS pointer,
  count(*) AS rejections,
  sum(CAST(json_extract_scalar(event, '$.raw.bytes') AS bigint)) AS bytes,
  min(json_extract_scalar(event, '$.reason.message')) AS example,
  min(arrived) AS earliest, max(arrived) AS latest
FROM recent_events
-- No event lacks an action, and no rejection has one.
WHERE action IS NULL
  AND arrived >= CAST(? AS timestamp)
  AND arrived < CAST(? AS timestamp)
GROUP BY 1, 2
ORDER BY rejections DESC, code, pointer
