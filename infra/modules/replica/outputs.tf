output "replica" {
  description = "What module `replication` takes: the bucket's ARN, account and region, and its key's ARN. It is there once the bucket takes replicas."
  value = {
    bucket_arn = module.bucket.arn
    key_arn    = module.key.arn
    account_id = data.aws_caller_identity.current.account_id
    region     = data.aws_region.current.region
  }

  depends_on = [module.bucket]
}

output "bucket" {
  description = "Name of the bucket: what `cairn verify` reads instead of the archive (`CAIRN_BUCKET`, with `--no-table`)."
  value       = module.bucket.name
}
