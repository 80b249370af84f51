-- What this person did.
-- Parameters: the actor's id; from and before, in UTC ('2026-01-31' or '2026-01-31 09:00:00').
SELECT "time", tenant, action, resource_type, resource_id, outcome, source_ip, session, id, chain, number, "index", event
FROM recent_events
WHERE actor_id = ?
  AND "time" >= CAST(? AS timestamp)
  AND "time" < CAST(? AS timestamp)
ORDER BY "time", chain, number, "index"
