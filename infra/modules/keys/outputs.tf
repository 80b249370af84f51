output "data_arn" {
  description = "ARN of the key of events: on the stream, in the archive and in the bucket of what expired."
  value       = module.data.arn
}

output "ledger_arn" {
  description = "ARN of the key of the ledger table."
  value       = module.ledger.arn
}

output "signing_arns" {
  description = "ARNs of the keys that sign checkpoints, the newest first."
  value       = [for signer in var.signing.signers : module.signing[signer].arn]
}

output "all_signing_arns" {
  description = "ARNs of all generations of the signing key."
  value       = [for key in module.signing : key.arn]
}

output "public_keys" {
  description = "Public keys of all generations, those that sign first, the newest first: SubjectPublicKeyInfo (RFC 5280), DER, in base64."
  value = concat(
    [for signer in var.signing.signers : data.aws_kms_public_key.signing[signer].public_key],
    [for generation, key in data.aws_kms_public_key.signing : key.public_key if !contains(var.signing.signers, generation)],
  )
}

output "operations_arn" {
  description = "ARN of the key of log groups and the alarm topic."
  value       = module.operations.arn
}
