output "cairn" {
  description = "What the tools read: terraform output -json > cairn.json"
  value       = module.cairn
}
