output "policies" {
  description = "Policy documents (JSON) by who they are for, `producer`, `auditor`, `tenant_auditor`, `operator`, `break_glass`: for roles made elsewhere, such as permission sets of IAM Identity Center. `tenant_auditor` rests on the session tag `tenant`."
  value = {
    producer       = data.aws_iam_policy_document.producer.json
    auditor        = data.aws_iam_policy_document.auditor.json
    tenant_auditor = data.aws_iam_policy_document.tenant_auditor.json
    operator       = data.aws_iam_policy_document.operator.json
    break_glass    = data.aws_iam_policy_document.break_glass.json
  }
}

output "producer_policy_arn" {
  description = "ARN of the managed policy to attach to roles of producers in this account."
  value       = aws_iam_policy.producer.arn
}

output "auditor_role_arn" {
  description = "ARN of the auditors' role; null if there is none."
  value       = one(aws_iam_role.auditor[*].arn)
}

output "tenant_auditor_role_arn" {
  description = "ARN of the role of tenants' auditors; null if there is none."
  value       = one(aws_iam_role.tenant_auditor[*].arn)
}

output "operator_role_arn" {
  description = "ARN of the operators' role."
  value       = aws_iam_role.operator.arn
}

output "break_glass_role_arn" {
  description = "ARN of the break-glass role; null if there is none."
  value       = one(aws_iam_role.break_glass[*].arn)
}
