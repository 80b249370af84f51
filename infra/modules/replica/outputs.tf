output "replica" {
  description = "What module `replication` takes: the bucket's ARN, account and region, and its key's ARN. It is there once the bucket takes replicas."
  value = {
    bucket_arn = aws_s3_bucket.replica.arn
    key_arn    = aws_kms_key.replica.arn
    account_id = data.aws_caller_identity.current.account_id
    region     = data.aws_region.current.region
  }

  depends_on = [aws_s3_bucket_policy.replica, aws_s3_bucket_versioning.replica]
}

output "bucket" {
  description = "Name of the bucket: what `cairn verify` reads instead of the archive (`CAIRN_BUCKET`, with `--no-table`)."
  value       = aws_s3_bucket.replica.id
}
