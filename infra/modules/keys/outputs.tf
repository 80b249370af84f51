output "data_arn" {
  description = "ARN of the key of events: on the stream, in the archive and in the bucket of what expired."
  value       = aws_kms_key.data.arn
}

output "ledger_arn" {
  description = "ARN of the key of the ledger table."
  value       = aws_kms_key.ledger.arn
}

output "signing_arn" {
  description = "ARN of the key that signs checkpoints now."
  value       = aws_kms_key.signing[var.signing.active].arn
}

output "signing_arns" {
  description = "ARN of each generation of the signing key."
  value       = { for generation, key in aws_kms_key.signing : generation => key.arn }
}

output "signing_public_keys" {
  description = "Public key of each generation: SubjectPublicKeyInfo (RFC 5280), DER, in base64."
  value       = { for generation, key in data.aws_kms_public_key.signing : generation => key.public_key }
}

output "operations_arn" {
  description = "ARN of the key of log groups and the alarm topic."
  value       = aws_kms_key.operations.arn
}
