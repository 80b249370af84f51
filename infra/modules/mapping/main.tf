# These settings are part of the commit protocol; none is a matter of taste but batch size and window.
resource "aws_lambda_event_source_mapping" "this" {
  event_source_arn                   = var.stream_arn
  function_name                      = var.function_name
  enabled                            = var.enabled
  batch_size                         = var.batch_size
  maximum_batching_window_in_seconds = var.window_seconds

  # From the first record: what was put before this existed is evidence too.
  starting_position = "TRIM_HORIZON"
  # One invocation a shard: its records make one chain, in order.
  parallelization_factor = 1
  # Until it works, or the record is six days old, of the seven that the stream keeps it.
  maximum_retry_attempts        = -1
  maximum_record_age_in_seconds = 518400
  # A crash costs the part that holds its cause a retry, not all the rest.
  bisect_batch_on_function_error = true
  # The function says from which record on nothing is committed.
  function_response_types = ["ReportBatchItemFailures"]

  destination_config {
    on_failure {
      destination_arn = var.failure_destination_arn
    }
  }
}
