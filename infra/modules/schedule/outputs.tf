output "role_arn" {
  description = "ARN of the role under which the scheduler invokes."
  value       = aws_iam_role.this.arn
}
