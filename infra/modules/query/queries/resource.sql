-- Who touched this resource, and what it changed.
-- Parameters: the resource's id; from and before, in UTC ('2026-01-31' or '2026-01-31 09:00:00').
SELECT "time", tenant, resource_type, actor_type, actor_id, action, outcome, source_ip,
  json_format(json_extract(event, '$.changes')) AS changes,
  id, chain, number, "index"
FROM recent_events
WHERE resource_id = ?
  AND "time" >= CAST(? AS timestamp)
  AND "time" < CAST(? AS timestamp)
ORDER BY "time", chain, number, "index"
