data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  # Also the last part of the path at a domain of one's own.
  stage = "v1"

  # What is text is a record as it is read, in UTF-8; what is binary byte by byte. Anything else is answered with 415.
  text   = ["application/cloudevents+json", "application/json", "application/x-ndjson"]
  binary = ["application/gzip", "application/octet-stream", "application/zstd"]

  # Binary bodies come as Base64 (CONVERT_TO_TEXT). Should one not, it is no Base64, and Kinesis refuses it; escaped, it says nothing else.
  data = merge(
    { for type in local.text : type => "$util.base64Encode($input.body)" },
    { for type in local.binary : type => "$util.escapeJavaScript($input.body)" },
  )

  responses = {
    "200" = {
      pattern  = "200"
      template = file("${path.module}/templates/put.vtl")
    }
    "400" = {
      pattern  = "4\\d{2}"
      template = file("${path.module}/templates/refused.vtl")
    }
    # Whatever else.
    "500" = {
      pattern  = null
      template = file("${path.module}/templates/unknown.vtl")
    }
  }
}

resource "aws_api_gateway_rest_api" "intake" {
  name                         = "${var.name}-intake"
  description                  = "Takes audit events of ${var.name} and puts them on the stream."
  binary_media_types           = local.binary
  disable_execute_api_endpoint = var.auth.mutual_tls != null

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_resource" "events" {
  rest_api_id = aws_api_gateway_rest_api.intake.id
  parent_id   = aws_api_gateway_rest_api.intake.root_resource_id
  path_part   = "events"
}

resource "aws_api_gateway_method" "put" {
  #checkov:skip=CKV2_AWS_53:What a body must be is judged by ingest, which keeps what it rejects; refused here it would be lost.
  #checkov:skip=CKV_AWS_59:It is never open: without IAM's authorization, mutual TLS is asked for before a request is read, and the other endpoint is off.

  rest_api_id   = aws_api_gateway_rest_api.intake.id
  resource_id   = aws_api_gateway_resource.events.id
  http_method   = "POST"
  authorization = var.auth.iam != null ? "AWS_IAM" : "NONE"
}

resource "aws_api_gateway_integration" "put" {
  rest_api_id             = aws_api_gateway_rest_api.intake.id
  resource_id             = aws_api_gateway_resource.events.id
  http_method             = aws_api_gateway_method.put.http_method
  type                    = "AWS"
  integration_http_method = "POST"
  uri                     = "arn:${data.aws_partition.current.partition}:apigateway:${data.aws_region.current.region}:kinesis:action/PutRecord"
  credentials             = aws_iam_role.intake.arn
  content_handling        = "CONVERT_TO_TEXT"
  passthrough_behavior    = "NEVER"

  request_parameters = {
    "integration.request.header.Content-Type" = "'application/x-amz-json-1.1'"
  }

  # API Gateway makes the extended request id, so that records are spread evenly and nobody can aim at a shard; the other
  # request id a client may choose.
  request_templates = {
    for type, data in local.data : type => jsonencode({
      StreamName   = element(split("/", var.stream_arn), 1)
      Data         = data
      PartitionKey = "$context.extendedRequestId"
    })
  }
}

resource "aws_api_gateway_method_response" "put" {
  for_each = local.responses

  rest_api_id     = aws_api_gateway_rest_api.intake.id
  resource_id     = aws_api_gateway_resource.events.id
  http_method     = aws_api_gateway_method.put.http_method
  status_code     = each.key
  response_models = { "application/json" = "Empty" }
}

resource "aws_api_gateway_integration_response" "put" {
  for_each = local.responses

  rest_api_id       = aws_api_gateway_rest_api.intake.id
  resource_id       = aws_api_gateway_resource.events.id
  http_method       = aws_api_gateway_method.put.http_method
  status_code       = aws_api_gateway_method_response.put[each.key].status_code
  selection_pattern = each.value.pattern
  # Text, whatever the client accepts.
  content_handling   = "CONVERT_TO_TEXT"
  response_templates = { "application/json" = each.value.template }

  depends_on = [aws_api_gateway_integration.put]
}

# A policy that names who may is needed for other accounts, and keeps out whoever this account's IAM lets call any API.
resource "aws_api_gateway_rest_api_policy" "intake" {
  count = var.auth.iam == null ? 0 : 1

  rest_api_id = aws_api_gateway_rest_api.intake.id
  policy      = data.aws_iam_policy_document.api[0].json
}

data "aws_iam_policy_document" "api" {
  count = var.auth.iam == null ? 0 : 1

  statement {
    sid       = "AdmitProducers"
    actions   = ["execute-api:Invoke"]
    resources = [local.method_arn]

    principals {
      type        = "AWS"
      identifiers = var.auth.iam.principals
    }
  }

  # A role's own ARN also stands for its sessions; an account's root stands for the account.
  statement {
    sid       = "DenyOthers"
    effect    = "Deny"
    actions   = ["execute-api:Invoke"]
    resources = [local.method_arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "ArnNotLike"
      variable = "aws:PrincipalArn"
      values   = [for arn in var.auth.iam.principals : endswith(arn, ":root") ? replace(arn, "/:root$/", ":*") : arn]
    }
  }
}

locals {
  method_arn = "${aws_api_gateway_rest_api.intake.execution_arn}/${local.stage}/POST/events"
}

resource "aws_api_gateway_deployment" "intake" {
  rest_api_id = aws_api_gateway_rest_api.intake.id

  triggers = {
    api = sha1(jsonencode([
      aws_api_gateway_rest_api.intake.binary_media_types,
      aws_api_gateway_rest_api.intake.disable_execute_api_endpoint,
      aws_api_gateway_method.put,
      aws_api_gateway_integration.put,
      aws_api_gateway_integration_response.put,
      aws_api_gateway_rest_api_policy.intake[*].policy,
    ]))
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "intake" {
  #checkov:skip=CKV_AWS_120:Puts are not cached.
  #checkov:skip=CKV2_AWS_4:Execution logs may hold parts of requests, which are evidence; access logs tell who, when and with what result.
  #checkov:skip=CKV2_AWS_29:Whoever is not authenticated is turned away before anything is read; `stage_arn` is for those who want a web ACL.
  #checkov:skip=CKV2_AWS_51:Clients are authenticated by IAM or by mutual TLS at the domain; Kinesis asks for no certificate of API Gateway's.

  rest_api_id          = aws_api_gateway_rest_api.intake.id
  deployment_id        = aws_api_gateway_deployment.intake.id
  stage_name           = local.stage
  xray_tracing_enabled = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format = jsonencode({
      request     = "$context.extendedRequestId"
      time        = "$context.requestTime"
      ip          = "$context.identity.sourceIp"
      caller      = "$context.identity.userArn"
      certificate = "$context.identity.clientCert.subjectDN"
      issuer      = "$context.identity.clientCert.issuerDN"
      method      = "$context.httpMethod"
      path        = "$context.path"
      status      = "$context.status"
      stream      = "$context.integration.status"
      put         = "$context.integration.requestId"
      latency     = "$context.responseLatency"
      failure     = "$context.integration.error"
      error       = "$context.error.responseType"
    })
  }

  depends_on = [aws_api_gateway_account.logs]
}

resource "aws_api_gateway_method_settings" "intake" {
  #checkov:skip=CKV_AWS_225:Puts are not cached.

  rest_api_id = aws_api_gateway_rest_api.intake.id
  stage_name  = aws_api_gateway_stage.intake.stage_name
  method_path = "*/*"

  settings {
    metrics_enabled        = true
    logging_level          = "OFF"
    data_trace_enabled     = false
    throttling_rate_limit  = var.throttle.rate
    throttling_burst_limit = var.throttle.burst
  }
}

resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/apigateway/${var.name}-intake"
  kms_key_id        = var.logs.key_arn
  retention_in_days = var.logs.retention_days
}

resource "aws_api_gateway_domain_name" "intake" {
  count = var.auth.mutual_tls == null ? 0 : 1

  domain_name              = var.auth.mutual_tls.domain_name
  regional_certificate_arn = var.auth.mutual_tls.certificate_arn
  security_policy          = "TLS_1_2"

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  mutual_tls_authentication {
    truststore_uri     = var.auth.mutual_tls.truststore_uri
    truststore_version = var.auth.mutual_tls.truststore_version
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_base_path_mapping" "intake" {
  count = var.auth.mutual_tls == null ? 0 : 1

  domain_name = aws_api_gateway_domain_name.intake[0].domain_name
  api_id      = aws_api_gateway_rest_api.intake.id
  stage_name  = aws_api_gateway_stage.intake.stage_name
  base_path   = local.stage
}
