# Under a stand-in for the provider: a real account would be changed, and none has this number.
provider "aws" {
  allowed_account_ids = ["123456789012"]
}

variables {
  name           = "cairn"
  stream_arn     = "arn:aws:kinesis:us-east-1:123456789012:stream/cairn-events"
  stream_key_arn = "arn:aws:kms:us-east-1:123456789012:key/data"
  logs           = { key_arn = "arn:aws:kms:us-east-1:123456789012:key/operations" }
}

run "signed_requests" {
  command = apply

  variables {
    auth = { iam = { principals = ["arn:aws:iam::123456789012:role/shop", "arn:aws:iam::444455556666:root"] } }
  }

  assert {
    condition     = aws_api_gateway_method.put.authorization == "AWS_IAM" && !aws_api_gateway_rest_api.intake.disable_execute_api_endpoint
    error_message = "Requests need no signature, or reach nothing."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_api_gateway_rest_api_policy.intake[0].policy).Statement :
      toset(statement.Principal.AWS) == toset(["arn:aws:iam::123456789012:role/shop", "arn:aws:iam::444455556666:root"]) && statement.Resource == local.method_arn
      if statement.Effect == "Allow"
    ])
    error_message = "Others than the producers are let in, or to more than the one method."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_api_gateway_rest_api_policy.intake[0].policy).Statement :
      toset(statement.Condition.ArnNotLike["aws:PrincipalArn"]) == toset(["arn:aws:iam::123456789012:role/shop", "arn:aws:iam::444455556666:*"])
      if statement.Effect == "Deny"
    ])
    error_message = "Others of this account are not kept out."
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.intake.policy).Statement : statement.Action => statement.Resource } == {
      "kinesis:PutRecord"   = var.stream_arn
      "kms:GenerateDataKey" = var.stream_key_arn
    }
    error_message = "The intake may do more than put records on the stream."
  }

  assert {
    condition = one([for statement in jsondecode(aws_iam_role_policy.intake.policy).Statement : statement.Condition.StringEquals if statement.Sid == "EncryptEvents"]) == {
      "kms:ViaService"                        = "kinesis.us-east-1.amazonaws.com"
      "kms:EncryptionContext:aws:kinesis:arn" = var.stream_arn
    }
    error_message = "The intake may use the key for more than the stream."
  }

  assert {
    condition     = toset(keys(aws_api_gateway_integration.put.request_templates)) == toset(concat(local.text, local.binary)) && aws_api_gateway_integration.put.passthrough_behavior == "NEVER"
    error_message = "Bodies get past the templates."
  }

  assert {
    condition = alltrue([
      for type, template in aws_api_gateway_integration.put.request_templates :
      keys(jsondecode(template)) == ["Data", "PartitionKey", "StreamName"] && jsondecode(template).StreamName == "cairn-events" &&
      jsondecode(template).PartitionKey == "$context.extendedRequestId" &&
      jsondecode(template).Data == (contains(aws_api_gateway_rest_api.intake.binary_media_types, type) ? "$util.escapeJavaScript($input.body)" : "$util.base64Encode($input.body)")
    ])
    error_message = "A body does not become a record as it is, or a client chooses stream or shard."
  }

  assert {
    condition     = aws_api_gateway_integration.put.content_handling == "CONVERT_TO_TEXT" && alltrue([for response in aws_api_gateway_integration_response.put : response.content_handling == "CONVERT_TO_TEXT"])
    error_message = "Binary bodies do not come as Base64, or answers do."
  }

  assert {
    condition     = aws_api_gateway_integration.put.uri == "arn:aws:apigateway:us-east-1:kinesis:action/PutRecord" && aws_api_gateway_integration.put.credentials == aws_iam_role.intake.arn
    error_message = "Something else than PutRecord is called, or as somebody else."
  }

  assert {
    condition     = [for status in ["200", "400", "500"] : coalesce(aws_api_gateway_integration_response.put[status].selection_pattern, "else")] == ["200", "4\\d{2}", "else"]
    error_message = "An answer of Kinesis is told as another."
  }

  assert {
    condition = (
      strcontains(aws_api_gateway_integration_response.put["200"].response_templates["application/json"], "{\"shard\":\"$put.ShardId\",\"sequence\":\"$put.SequenceNumber\"}") &&
      alltrue([for status in ["429", "413", "500"] : strcontains(aws_api_gateway_integration_response.put["400"].response_templates["application/json"], "$context.responseOverride.status = ${status})")])
    )
    error_message = "The answer is no receipt, or does not tell a full stream from a body that is too large."
  }

  assert {
    condition = (
      !aws_api_gateway_method_settings.intake.settings[0].data_trace_enabled && aws_api_gateway_method_settings.intake.settings[0].logging_level == "OFF" &&
      aws_api_gateway_method_settings.intake.settings[0].throttling_rate_limit == 500 && aws_api_gateway_method_settings.intake.settings[0].throttling_burst_limit == 1000 &&
      aws_api_gateway_method_settings.intake.method_path == "*/*"
    )
    error_message = "Bodies may be logged, or nothing limits how much gets in."
  }

  assert {
    condition = (
      aws_cloudwatch_log_group.access.kms_key_id == var.logs.key_arn && aws_cloudwatch_log_group.access.retention_in_days == 365 &&
      !strcontains(one(aws_api_gateway_stage.intake.access_log_settings).format, "body") && strcontains(one(aws_api_gateway_stage.intake.access_log_settings).format, "$context.identity.userArn")
    )
    error_message = "Access logs are not encrypted, hold bodies, or do not tell who called."
  }

  assert {
    condition     = length(aws_api_gateway_account.logs) == 1 && endswith(output.url, "/events") && output.dns_target == null
    error_message = "API Gateway cannot write logs, or the address is wrong."
  }

  assert {
    condition     = jsondecode(output.invoke_policy).Statement[0].Resource == local.method_arn && jsondecode(output.invoke_policy).Statement[0].Action == "execute-api:Invoke"
    error_message = "Producers are told to ask for more than they need."
  }
}

run "mutual_tls" {
  command = apply

  variables {
    auth = {
      mutual_tls = {
        domain_name        = "audit.example.com"
        certificate_arn    = "arn:aws:acm:us-east-1:123456789012:certificate/c"
        truststore_uri     = "s3://acme-trust/clients.pem"
        truststore_version = "v1"
      }
    }
    account_log_role = false
    throttle         = { rate = 50, burst = 60 }
  }

  assert {
    condition = (
      aws_api_gateway_rest_api.intake.disable_execute_api_endpoint &&
      one(aws_api_gateway_domain_name.intake[0].mutual_tls_authentication).truststore_uri == "s3://acme-trust/clients.pem" &&
      one(aws_api_gateway_domain_name.intake[0].mutual_tls_authentication).truststore_version == "v1" &&
      aws_api_gateway_domain_name.intake[0].security_policy == "TLS_1_2"
    )
    error_message = "There is a way in without a client's certificate."
  }

  assert {
    condition     = output.url == "https://audit.example.com/v1/events" && aws_api_gateway_base_path_mapping.intake[0].base_path == "v1" && output.dns_target != null && output.invoke_policy == null
    error_message = "The address at the domain is wrong."
  }

  assert {
    condition     = length(aws_api_gateway_account.logs) == 0 && length(aws_iam_role.logs) == 0
    error_message = "A setting of the whole account was changed unasked."
  }

  assert {
    condition     = aws_api_gateway_method_settings.intake.settings[0].throttling_rate_limit == 50 && aws_api_gateway_method_settings.intake.settings[0].throttling_burst_limit == 60
    error_message = "Other limits than those asked for."
  }
}

run "open_to_all" {
  command = plan

  variables {
    auth = {}
  }

  expect_failures = [var.auth]
}

run "wildcard_principal" {
  command = plan

  variables {
    auth = { iam = { principals = ["*"] } }
  }

  expect_failures = [var.auth]
}

run "truststore_elsewhere" {
  command = plan

  variables {
    auth = {
      mutual_tls = {
        domain_name        = "audit.example.com"
        certificate_arn    = "arn:aws:acm:us-east-1:123456789012:certificate/c"
        truststore_uri     = "https://example.com/clients.pem"
        truststore_version = "v1"
      }
    }
  }

  expect_failures = [var.auth]
}
