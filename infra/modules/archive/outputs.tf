output "bucket" {
  description = "Name of the archive, once it is protected."
  value       = module.archive.name
}

output "arn" {
  description = "ARN of the archive."
  value       = module.archive.arn
}

output "expired_bucket" {
  description = "Name of the bucket of what expired before it was sealed."
  value       = module.expired.name
}

output "expired_arn" {
  description = "ARN of that bucket."
  value       = module.expired.arn
}

output "access_logs_bucket" {
  description = "Name of the bucket that takes S3's access logs."
  value       = module.access_logs.name
}
