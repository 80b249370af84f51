-- Changes of roles, policies, permissions, memberships and credentials, tried ones too.
-- Parameters: from and before, in UTC ('2026-01-31' or '2026-01-31 09:00:00').
SELECT "time", tenant, actor_type, actor_id, action, resource_type, resource_id, outcome, source_ip,
  json_format(json_extract(event, '$.changes')) AS changes,
  id, chain, number, "index"
FROM recent_events
WHERE "time" >= CAST(? AS timestamp)
  AND "time" < CAST(? AS timestamp)
  AND regexp_like(action, '(^|[._-])((cluster|)role(binding|)(s|)|polic(y|ies)|permission(s|)|privilege(s|)|grant|revoke|acl|access_key|api(_|)key|login_profile|mfa|member(s|ship|)|admin|assign_groups|(add|remove)_user)([._-]|$)')
  -- Reading them, and taking on a role that one has, changes nothing.
  AND NOT regexp_like(action, '[.](get|list|describe|read|view|watch|search|query|check|simulate|assume)([_-][^.]*|)$')
ORDER BY "time", chain, number, "index"
