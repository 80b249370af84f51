output "database" {
  description = "Name of the Glue database."
  value       = aws_glue_catalog_database.this.name
}

output "tables" {
  description = "Names of all tables, sorted."
  value       = sort([for table in aws_glue_catalog_table.this : table.name])
}

output "tenant_table" {
  description = "Name of the table for tenants: a query names its tenant."
  value       = aws_glue_catalog_table.this["tenant_events"].name
}

output "workgroup" {
  description = "Name of the auditors' workgroup."
  value       = aws_athena_workgroup.auditors.name
}

output "workgroup_arn" {
  description = "ARN of the auditors' workgroup."
  value       = aws_athena_workgroup.auditors.arn
}

output "tenant_workgroup_arn" {
  description = "ARN of the workgroup that tenants share."
  value       = aws_athena_workgroup.tenants.arn
}

output "results_bucket" {
  description = "Name of the bucket of results."
  value       = module.results.name
}

output "results_bucket_arn" {
  description = "ARN of the bucket of results."
  value       = module.results.arn
}

output "results_key_arn" {
  description = "ARN of the key of results."
  value       = module.key.arn
}

output "named_queries" {
  description = "Ids of the named queries, by their names."
  value       = { for file, query in aws_athena_named_query.this : query.name => query.id }
}
