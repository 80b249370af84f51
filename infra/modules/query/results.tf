locals {
  results_bucket = "${var.bucket_prefix}-query-results"
  results_arn    = "arn:${data.aws_partition.current.partition}:s3:::${local.results_bucket}"
  account        = data.aws_caller_identity.current.account_id
  root           = "arn:${data.aws_partition.current.partition}:iam::${local.account}:root"
}

# A key of its own: auditors write results, and must not thereby encrypt under the key of the evidence.
# In a key's policy `*` is the key itself.
data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:a key policy's resource is its key
  #checkov:skip=CKV_AWS_111:a key policy's resource is its key; conditions bound the use
  #checkov:skip=CKV_AWS_356:a key policy's resource is its key
  statement {
    sid = "Administration"
    actions = [
      "kms:CancelKeyDeletion",
      "kms:CreateAlias",
      "kms:DeleteAlias",
      "kms:DescribeKey",
      "kms:DisableKey",
      "kms:EnableKey",
      "kms:EnableKeyRotation",
      "kms:GetKeyPolicy",
      "kms:GetKeyRotationStatus",
      "kms:ListKeyPolicies",
      "kms:ListResourceTags",
      "kms:PutKeyPolicy",
      "kms:ScheduleKeyDeletion",
      "kms:TagResource",
      "kms:UntagResource",
      "kms:UpdateAlias",
      "kms:UpdateKeyDescription",
    ]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.root]
    }
  }

  # For whom IAM lets, and for results alone.
  statement {
    sid       = "ResultsThroughS3"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.root]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:CallerAccount"
      values   = [local.account]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${data.aws_region.current.region}.${data.aws_partition.current.dns_suffix}"]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [local.results_arn, "${local.results_arn}/*"]
    }
  }
}

resource "aws_kms_key" "results" {
  description         = "${var.name}: results of queries"
  enable_key_rotation = true
  # The least that KMS takes: results are copies.
  deletion_window_in_days = 7
  policy                  = data.aws_iam_policy_document.key.json
}

resource "aws_kms_alias" "results" {
  name          = "alias/${var.name}-results"
  target_key_id = aws_kms_key.results.key_id
}

# A put may leave the encryption to the bucket, or name what the bucket has.
data "aws_iam_policy_document" "results" {
  #checkov:skip=CKV_AWS_283:refusals are for every principal
  dynamic "statement" {
    for_each = {
      EncryptedPutsOnly      = { header = "s3:x-amz-server-side-encryption", value = "aws:kms" }
      UnderTheResultsKeyOnly = { header = "s3:x-amz-server-side-encryption-aws-kms-key-id", value = aws_kms_key.results.arn }
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
  kms_key     = { arn = aws_kms_key.results.arn }
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
