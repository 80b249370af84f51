# Under a stand-in for the provider: a real account would be changed, and none has this number.
provider "aws" {
  allowed_account_ids = ["123456789012"]
}

variables {
  stream_arn              = "arn:aws:kinesis:eu-central-1:123456789012:stream/cairn-events"
  function_name           = "cairn-ingest"
  failure_destination_arn = "arn:aws:s3:::audit-expired"
  enabled                 = true
  batch_size              = 10000
  window_seconds          = 10
}

run "the_protocol" {
  assert {
    condition = jsonencode({
      starting_position              = aws_lambda_event_source_mapping.this.starting_position
      parallelization_factor         = aws_lambda_event_source_mapping.this.parallelization_factor
      maximum_retry_attempts         = aws_lambda_event_source_mapping.this.maximum_retry_attempts
      maximum_record_age_in_seconds  = aws_lambda_event_source_mapping.this.maximum_record_age_in_seconds
      bisect_batch_on_function_error = aws_lambda_event_source_mapping.this.bisect_batch_on_function_error
      function_response_types        = aws_lambda_event_source_mapping.this.function_response_types
      tumbling_window_in_seconds     = aws_lambda_event_source_mapping.this.tumbling_window_in_seconds
      filter_criteria                = length(aws_lambda_event_source_mapping.this.filter_criteria)
      destination_arn                = aws_lambda_event_source_mapping.this.destination_config[0].on_failure[0].destination_arn
      }) == jsonencode({
      starting_position              = "TRIM_HORIZON"
      parallelization_factor         = 1
      maximum_retry_attempts         = -1
      maximum_record_age_in_seconds  = 518400
      bisect_batch_on_function_error = true
      function_response_types        = toset(["ReportBatchItemFailures"])
      tumbling_window_in_seconds     = null
      filter_criteria                = 0
      destination_arn                = "arn:aws:s3:::audit-expired"
    })
    error_message = "The mapping is another than the commit protocol counts on."
  }
}

run "too_large" {
  command = plan

  variables {
    batch_size = 10001
  }

  expect_failures = [var.batch_size]
}
