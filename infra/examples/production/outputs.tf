output "cairn" {
  description = "What the tools read: terraform output -json > cairn.json"
  value       = module.cairn
}

output "replica" {
  description = "Name of the replica's bucket, in the security account."
  value       = module.replica.bucket
}
