# Under a stand-in for the provider: a real account would be changed, and none has this number.
provider "aws" {
  allowed_account_ids = ["123456789012"]
}

variables {
  name        = "cairn-events"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/data"
}

run "on_demand" {
  assert {
    condition     = aws_kinesis_stream.this.retention_period == 168
    error_message = "Records stay for a week: the record age of the mapping counts on it."
  }

  assert {
    condition     = aws_kinesis_stream.this.encryption_type == "KMS" && aws_kinesis_stream.this.kms_key_id == var.kms_key_arn
    error_message = "Records are encrypted under the customer's key."
  }

  assert {
    condition     = aws_kinesis_stream.this.max_record_size_in_kib == 1024 && aws_kinesis_stream.this.stream_mode_details[0].stream_mode == "ON_DEMAND"
    error_message = "On demand, with records up to 1 MiB."
  }
}

run "provisioned" {
  variables {
    shards = 4
  }

  assert {
    condition     = aws_kinesis_stream.this.stream_mode_details[0].stream_mode == "PROVISIONED" && aws_kinesis_stream.this.shard_count == 4
    error_message = "Shards make the stream provisioned."
  }
}

run "too_short" {
  command = plan

  variables {
    retention_hours = 24
  }

  expect_failures = [var.retention_hours]
}

run "half_a_shard" {
  command = plan

  variables {
    shards = 0.5
  }

  expect_failures = [var.shards]
}
