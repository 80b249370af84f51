resource "aws_kinesis_stream" "this" {
  name        = var.name
  shard_count = var.shards

  # A week at least: a fault over a long weekend loses nothing, and records that ingest cannot seal leave for the
  # failure destination after six days.
  retention_period = var.retention_hours

  encryption_type        = "KMS"
  kms_key_id             = var.kms_key_arn
  max_record_size_in_kib = 1024

  stream_mode_details {
    stream_mode = var.shards == null ? "ON_DEMAND" : "PROVISIONED"
  }
}
