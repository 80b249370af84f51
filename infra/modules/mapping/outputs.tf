output "uuid" {
  description = "Id of the mapping, by which an operator stops and starts it."
  value       = aws_lambda_event_source_mapping.this.uuid
}

output "arn" {
  description = "ARN of the mapping."
  value       = aws_lambda_event_source_mapping.this.arn
}
