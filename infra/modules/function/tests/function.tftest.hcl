# Under a stand-in for the provider: a real account would be changed, and none has this number.
provider "aws" {
  allowed_account_ids = ["123456789012"]
}

variables {
  name            = "cairn-ingest"
  description     = "Seals"
  package         = "../../tests/fixtures/bootstrap.zip"
  architecture    = "arm64"
  memory_mb       = 512
  timeout_seconds = 60
  environment     = { CAIRN_ORIGIN = "audit.example.com/prod" }
  policy          = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"Mine\",\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::audit-archive/config/*\"}]}"
  logs            = { retention_days = 90, kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/operations" }
}

run "defaults" {
  assert {
    condition     = aws_lambda_function.this.runtime == "provided.al2023" && aws_lambda_function.this.handler == "bootstrap" && aws_lambda_function.this.architectures == tolist(["arm64"])
    error_message = "A binary of its own, on arm64."
  }

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == -1
    error_message = "Nothing is reserved unless it is asked for."
  }

  assert {
    condition     = aws_lambda_function.this.logging_config[0].log_format == "JSON" && aws_lambda_function.this.logging_config[0].application_log_level == "INFO" && aws_cloudwatch_log_group.this.kms_key_id == var.logs.kms_key_arn
    error_message = "Logs are JSON and encrypted."
  }

  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "Active"
    error_message = "Calls are traced."
  }

  # Its own statement, its own log group, and X-Ray, which has no resources.
  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid => statement.Resource } == {
      Mine   = "arn:aws:s3:::audit-archive/config/*"
      Logs   = "${aws_cloudwatch_log_group.this.arn}:*"
      Traces = "*"
    }
    error_message = "The role may what its policy says, write its logs and traces, and nothing else."
  }
}

run "a_package_that_is_not_there" {
  command = plan

  variables {
    package = "../../tests/fixtures/none.zip"
  }

  expect_failures = [var.package]
}
