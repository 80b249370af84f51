-- Failed logins by actor and address, and how many got in from there.
-- Parameters: from and before, in UTC ('2026-01-31' or '2026-01-31 09:00:00').
SELECT tenant, actor_type, actor_id, source_ip,
  count_if(outcome IN ('failure', 'denied')) AS failed,
  count_if(outcome = 'success') AS succeeded,
  min("time") FILTER (WHERE outcome IN ('failure', 'denied')) AS earliest,
  max("time") FILTER (WHERE outcome IN ('failure', 'denied')) AS latest
FROM recent_events
WHERE "time" >= CAST(? AS timestamp)
  AND "time" < CAST(? AS timestamp)
  AND regexp_like(action, '(^|[._-])((log|sign)(_|)(in|on)|authenticat(e|ion)|preauth)([._-]|$)')
GROUP BY tenant, actor_type, actor_id, source_ip
HAVING count_if(outcome IN ('failure', 'denied')) > 0
ORDER BY failed DESC, tenant, actor_type, actor_id, source_ip
