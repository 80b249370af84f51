output "replica" {
  description = "What the workload's configuration is given: names alone."
  value       = module.replica.replica
}

output "bucket" {
  description = "Name of the replica's bucket."
  value       = module.replica.bucket
}
