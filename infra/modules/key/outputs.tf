output "arn" {
  description = "ARN of the key."
  value       = aws_kms_key.this.arn
}

output "key_id" {
  description = "Id of the key."
  value       = aws_kms_key.this.key_id
}

output "policy" {
  description = "The key's policy (JSON)."
  value       = aws_kms_key.this.policy
}

output "region" {
  description = "Region of the key."
  value       = aws_kms_key.this.region
}

output "spec" {
  description = "Spec of the key."
  value       = aws_kms_key.this.customer_master_key_spec
}
