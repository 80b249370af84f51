output "role_arn" {
  description = "ARN of the role that replicates: `source_role_arn` of module `replica`."
  value       = aws_iam_role.replication.arn
}

output "rule_id" {
  description = "Id of the replication rule: dimension `RuleId` of S3's metrics `OperationsFailedReplication`, `OperationsPendingReplication`, `BytesPendingReplication` and `ReplicationLatency`."
  value       = aws_s3_bucket_replication_configuration.archive.rule[0].id
}
