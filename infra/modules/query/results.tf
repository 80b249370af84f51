locals {
  results_bucket = "${var.bucket_prefix}-query-results"
  results_arn    = "arn:${data.aws_partition.current.partition}:s3:::${local.results_bucket}"
}

# A key of its own: auditors write results, and must not thereby encrypt under the key of the evidence.
module "key" {
  source = "../key"

  alias        = "${var.name}-results"
  description  = "${var.name}: results of queries"
  used_through = ["s3"]
  used_for     = [local.results_arn, "${local.results_arn}/*"]
  # Results are copies: they may go, and their key with the least delay that KMS takes.
  deletion_protection  = false
  deletion_window_days = 7
}

# A put may leave the encryption to the bucket, or name what the bucket has.
data "aws_iam_policy_document" "results" {
  #checkov:skip=CKV_AWS_283:refusals are for every principal
  dynamic "statement" {
    for_each = {
      EncryptedPutsOnly      = { header = "s3:x-amz-server-side-encryption", value = "aws:kms" }
      UnderTheResultsKeyOnly = { header = "s3:x-amz-server-side-encryption-aws-kms-key-id", value = module.key.arn }
    }

    content {
      sid       = statement.key
      effect    = "Deny"
      actions   = ["s3:PutObject"]
      resources = ["${local.results_arn}/*"]

      principals {
        type        = "*"
        identifiers = ["*"]
      }

      condition {
        test     = "Null"
        variable = statement.value.header
        values   = ["false"]
      }

      condition {
        test     = "StringNotEquals"
        variable = statement.value.header
        values   = [statement.value.value]
      }
    }
  }
}

module "results" {
  source = "../bucket"

  name        = local.results_bucket
  kms_key     = { arn = module.key.arn }
  object_lock = false
  access_logs = { bucket = var.access_logs_bucket }
  policies    = [data.aws_iam_policy_document.results.json]
}

resource "aws_s3_bucket_lifecycle_configuration" "results" {
  bucket = module.results.name

  rule {
    id     = "end"
    status = "Enabled"

    filter {}

    expiration {
      days = var.results_days
    }

    noncurrent_version_expiration {
      noncurrent_days = 1
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  rule {
    id     = "markers"
    status = "Enabled"

    filter {}

    expiration {
      expired_object_delete_marker = true
    }
  }
}
