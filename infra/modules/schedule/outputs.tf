output "name" {
  description = "Name of the schedule."
  value       = aws_scheduler_schedule.this.name
}

output "role_arn" {
  description = "ARN of the role under which the scheduler invokes."
  value       = aws_iam_role.this.arn
}
