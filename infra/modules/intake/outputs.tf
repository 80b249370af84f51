output "url" {
  description = "Where to POST events to."
  value       = var.auth.mutual_tls == null ? "${aws_api_gateway_stage.intake.invoke_url}/events" : "https://${var.auth.mutual_tls.domain_name}/${local.stage}/events"
}

output "invoke_policy" {
  description = "Policy document (JSON) for producers in other accounts, whose own IAM must allow the call too; null with mutual TLS."
  value       = one(data.aws_iam_policy_document.invoke[*].json)
}

output "dns_target" {
  description = "What a DNS alias of the domain points to: `name` and `zone_id`; null without a domain."
  value = one([for domain in aws_api_gateway_domain_name.intake : {
    name    = domain.regional_domain_name
    zone_id = domain.regional_zone_id
  }])
}

output "stage_arn" {
  description = "ARN of the stage, to associate a web ACL with."
  value       = aws_api_gateway_stage.intake.arn
}

output "metrics" {
  description = "Dimensions of the API's metrics in the namespace `AWS/ApiGateway`."
  value = {
    ApiName = aws_api_gateway_rest_api.intake.name
    Stage   = aws_api_gateway_stage.intake.stage_name
  }
}

data "aws_iam_policy_document" "invoke" {
  count = var.auth.iam == null ? 0 : 1

  statement {
    sid       = "PostEvents"
    actions   = ["execute-api:Invoke"]
    resources = [local.method_arn]
  }
}
