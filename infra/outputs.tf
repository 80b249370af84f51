# `terraform output -json > cairn.json` is what the tools read: `cairn --deployment cairn.json verify`.

output "origin" {
  description = "Name of the log."
  value       = var.origin
}

output "region" {
  description = "AWS region."
  value       = local.region
}

output "stream" {
  description = "Name of the stream that producers put on."
  value       = module.stream.name
}

output "bucket" {
  description = "Name of the archive's bucket."
  value       = module.archive.bucket
}

output "table" {
  description = "Name of the ledger table."
  value       = module.ledger.name
}

output "bundle" {
  description = "SHA-256 of the config bundle in force; null before the first."
  value       = var.bundle
}

output "data_key" {
  description = "ARN of the key of events."
  value       = module.keys.data_arn
}

output "signing_keys" {
  description = "ARNs of the keys that sign checkpoints, the newest first."
  value       = module.keys.signing_arns
}

output "public_keys" {
  description = "Public keys of the log, the newest first: SubjectPublicKeyInfo (RFC 5280), DER, in base64. Give them to whoever verifies, once, by a way that you trust."
  value       = module.keys.public_keys
}

output "lock_mode" {
  description = "Mode of Object Lock."
  value       = var.archive.lock_mode
}

output "batch_retention_days" {
  description = "Days for which batches are locked."
  value       = var.archive.batch_retention_days
}

output "log_retention_days" {
  description = "Days for which the log and bundles are locked."
  value       = var.archive.log_retention_days
}

output "expired" {
  description = "Name of the bucket of what expired before it was sealed."
  value       = module.archive.expired_bucket
}

output "policies" {
  description = "Policy documents (JSON) by who they are for, `producer`, `auditor` and `tenant_auditor`: for roles made elsewhere, such as permission sets of IAM Identity Center. Operators assume their role: the archive knows it by its name."
  value       = { for who in ["producer", "auditor", "tenant_auditor"] : who => module.access.policies[who] }
}

output "producer_policy_arn" {
  description = "ARN of the managed policy to attach to the roles of producers."
  value       = module.access.producer_policy_arn
}

output "auditor_role_arn" {
  description = "ARN of the auditors' role; null if there is none."
  value       = module.access.auditor_role_arn
}

output "tenant_auditor_role_arn" {
  description = "ARN of the role of tenants' auditors; null if there is none."
  value       = module.access.tenant_auditor_role_arn
}

output "operator_role_arn" {
  description = "ARN of the operators' role."
  value       = module.access.operator_role_arn
}

output "break_glass_role_arn" {
  description = "ARN of the break-glass role; null if there is none."
  value       = module.access.break_glass_role_arn
}

output "alarms_topic_arn" {
  description = "ARN of the topic of alarms and notices."
  value       = module.watch.topic_arn
}

output "replication_role_arn" {
  description = "ARN of the role that replicates, `source_role_arn` of modules/replica; known before there is one."
  value       = "arn:${local.partition}:iam::${local.account}:role/${var.name}-replication"
}

output "intake" {
  description = "The HTTPS endpoint: `url`, `invoke_policy` for producers of other accounts, `dns_target` of its domain, `stage_arn` for a web ACL; null without one."
  value       = one(module.intake[*])
}

output "trail_arn" {
  description = "ARN of the trail of who used the evidence; null without one."
  value       = one(module.trail[*].trail_arn)
}

output "query" {
  description = "What auditors ask: Athena `workgroup` and `database`, `tables`, `tenant_table` for tenants, ids of `named_queries`, the bucket of results."
  value       = module.query
}
