output "name" {
  description = "Name of the bucket, once it is protected."
  value       = aws_s3_bucket.this.id
  depends_on  = [aws_s3_bucket_policy.this, aws_s3_bucket_public_access_block.this]
}

output "arn" {
  description = "ARN of the bucket."
  value       = aws_s3_bucket.this.arn
}

output "kms_key_arn" {
  description = "ARN of the key that everything is encrypted under; null for S3's own."
  value       = try(var.kms_key.arn, null)
}

output "default_retention" {
  description = "Lock of whatever is put without one of its own; null for none."
  value       = var.default_retention
}

output "region" {
  description = "Region of the bucket."
  value       = aws_s3_bucket.this.region
}
