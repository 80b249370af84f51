# Under a stand-in for the provider: a real account would be changed, and none has this number.
provider "aws" {
  allowed_account_ids = ["123456789012"]
}

variables {
  name          = "cairn-checkpoint"
  role_name     = "cairn-schedule"
  function_name = "cairn-checkpoint"
  function_arn  = "arn:aws:lambda:eu-central-1:123456789012:function:cairn-checkpoint"
  expression    = "rate(1 minute)"
}

run "every_minute" {
  assert {
    condition     = aws_scheduler_schedule.this.schedule_expression == "rate(1 minute)" && aws_scheduler_schedule.this.flexible_time_window[0].mode == "OFF"
    error_message = "On the minute."
  }

  assert {
    condition     = aws_scheduler_schedule.this.target[0].retry_policy[0].maximum_retry_attempts == 0 && aws_lambda_function_event_invoke_config.this.maximum_retry_attempts == 0
    error_message = "The next tick is the retry."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.this.policy).Statement == [
      { Sid = "Invoke", Effect = "Allow", Action = "lambda:InvokeFunction", Resource = var.function_arn }
    ]
    error_message = "The role invokes one function and nothing else."
  }

  assert {
    condition     = can(one(jsondecode(aws_iam_role.this.assume_role_policy).Statement).Condition.StringEquals["aws:SourceAccount"]) && one(jsondecode(aws_iam_role.this.assume_role_policy).Statement).Principal.Service == "scheduler.amazonaws.com"
    error_message = "Only this account's scheduler takes the role."
  }
}
