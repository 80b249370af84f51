-- Who was active outside working hours, and on weekends.
-- Parameters: from and before, in UTC ('2026-01-31' or '2026-01-31 09:00:00'); the time zone ('Europe/Berlin'), and again; the first and the last hour of work (8 and 17: until 17:59).
SELECT tenant, actor_type, actor_id,
  count(*) AS events, count(DISTINCT action) AS actions, count(DISTINCT resource_id) AS resources,
  min("time") AS earliest, max("time") AS latest
FROM recent_events
WHERE "time" >= CAST(? AS timestamp)
  AND "time" < CAST(? AS timestamp)
  AND (
    day_of_week(at_timezone(with_timezone("time", 'UTC'), ?)) > 5
    OR hour(at_timezone(with_timezone("time", 'UTC'), ?)) NOT BETWEEN ? AND ?
  )
GROUP BY tenant, actor_type, actor_id
ORDER BY events DESC, tenant, actor_type, actor_id
