-- Denied attempts by actor.
-- Parameters: from and before, in UTC ('2026-01-31' or '2026-01-31 09:00:00').
SELECT tenant, actor_type, actor_id,
  count(*) AS denied, count(DISTINCT action) AS actions, count(DISTINCT resource_id) AS resources,
  count(DISTINCT source_ip) AS addresses, min("time") AS earliest, max("time") AS latest
FROM recent_events
WHERE outcome = 'denied'
  AND "time" >= CAST(? AS timestamp)
  AND "time" < CAST(? AS timestamp)
GROUP BY tenant, actor_type, actor_id
ORDER BY denied DESC, tenant, actor_type, actor_id
