-- What left the system: exports and downloads.
-- Parameters: from and before, in UTC ('2026-01-31' or '2026-01-31 09:00:00').
SELECT "time", tenant, actor_type, actor_id, action, resource_type, resource_id, outcome, source_ip,
  json_extract_scalar(event, '$.data.destination') AS destination,
  json_extract_scalar(event, '$.data.format') AS format,
  try_cast(json_extract_scalar(event, '$.data.rows') AS bigint) AS row_count,
  id, chain, number, "index"
FROM recent_events
WHERE "time" >= CAST(? AS timestamp)
  AND "time" < CAST(? AS timestamp)
  AND regexp_like(action, '(^|[._-])(export(s|)|download(s|)|extract|dump)([._-]|$)')
  AND NOT regexp_like(action, '[.](get|list|describe)_[^.]*$')
ORDER BY "time", chain, number, "index"
