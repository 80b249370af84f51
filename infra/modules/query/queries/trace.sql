-- The events of one trace.
-- Parameter: the trace's id, 32 hexadecimal digits.
SELECT "time", tenant, actor_type, actor_id, action, resource_type, resource_id, outcome, id, chain, number, "index", event
FROM recent_events
WHERE trace_id = ?
ORDER BY "time", chain, number, "index"
