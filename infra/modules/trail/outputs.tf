output "trail_arn" {
  description = "ARN of the trail: `aws cloudtrail validate-logs --trail-arn` checks that no log file was changed or removed."
  value       = aws_cloudtrail.evidence.arn
}

output "bucket" {
  description = "Name of the bucket that the trail is kept in."
  value       = module.bucket.name
}

output "bucket_arn" {
  description = "ARN of that bucket."
  value       = module.bucket.arn
}

output "key_arn" {
  description = "ARN of the key of the trail's log files: who reads them needs `kms:Decrypt`."
  value       = module.key.arn
}
