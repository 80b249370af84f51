# Under a stand-in for the provider: a real account would be changed, and none has this number.
provider "aws" {
  allowed_account_ids = ["123456789012"]
}

variables {
  name    = "audit-archive"
  kms_key = { arn = "arn:aws:kms:eu-central-1:123456789012:key/data" }
}

run "defaults" {
  assert {
    condition     = aws_s3_bucket.this.object_lock_enabled && aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "Objects can be locked and are versioned."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "Closed to the public."
  }

  assert {
    condition = one(aws_s3_bucket_server_side_encryption_configuration.this.rule).bucket_key_enabled && one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default) == {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.kms_key.arn
    }
    error_message = "Encrypted under the customer's key, by bucket keys."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Condition
      if statement.Effect == "Deny" && statement.Action == "s3:*" && statement.Principal == "*"
    ] == [{ Bool = { "aws:SecureTransport" = "false" } }, { NumericLessThan = { "s3:TlsVersion" = "1.2" } }]
    error_message = "Plain HTTP and old TLS are refused, for everybody and everything."
  }

  assert {
    condition     = aws_s3_bucket_ownership_controls.this.rule[0].object_ownership == "BucketOwnerEnforced"
    error_message = "Whoever puts an object could own it."
  }

  assert {
    condition     = length(aws_s3_bucket_logging.this) == 0 && length(aws_s3_bucket_object_lock_configuration.this) == 0
    error_message = "Access logs and default locks only where they are asked for."
  }
}

run "logged_and_locked" {
  variables {
    access_logs       = { bucket = "audit-access-logs" }
    default_retention = { mode = "COMPLIANCE", days = 35 }
  }

  assert {
    condition     = aws_s3_bucket_logging.this[0].target_bucket == "audit-access-logs" && aws_s3_bucket_logging.this[0].target_prefix == "audit-archive/"
    error_message = "Accesses are logged under the bucket's name."
  }

  assert {
    condition     = aws_s3_bucket_object_lock_configuration.this[0].rule[0].default_retention[0].mode == "COMPLIANCE" && aws_s3_bucket_object_lock_configuration.this[0].rule[0].default_retention[0].days == 35
    error_message = "Whatever is put is locked."
  }
}

run "elsewhere" {
  variables {
    region            = "eu-west-1"
    access_logs       = { bucket = "audit-access-logs" }
    default_retention = { mode = "COMPLIANCE", days = 35 }
  }

  assert {
    condition = alltrue([
      for region in [
        aws_s3_bucket.this.region, aws_s3_bucket_versioning.this.region, aws_s3_bucket_policy.this.region, aws_s3_bucket_logging.this[0].region,
        aws_s3_bucket_ownership_controls.this.region, aws_s3_bucket_public_access_block.this.region,
        aws_s3_bucket_server_side_encryption_configuration.this.region, aws_s3_bucket_object_lock_configuration.this[0].region,
      ] : region == "eu-west-1"
    ])
    error_message = "A part of the bucket is not in its region."
  }
}

run "a_name_with_dots" {
  command = plan

  variables {
    name = "audit.archive"
  }

  expect_failures = [var.name]
}
