data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {
  region = var.region
}

locals {
  account        = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"
  source_account = "arn:${data.aws_partition.current.partition}:iam::${element(split(":", var.source_role_arn), 4)}:root"
  bucket_arn     = "arn:${data.aws_partition.current.partition}:s3:::${var.bucket}"
}

resource "aws_s3_bucket" "replica" {
  #checkov:skip=CKV_AWS_144:This is the replica.
  #checkov:skip=CKV2_AWS_62:Nothing is to happen when a replica arrives; S3 measures replication itself.

  region = var.region
  bucket = var.bucket
  # Also turns versioning on, for good.
  object_lock_enabled = true
}

# No default retention: a replica has the lock of its original, and `log/checkpoint`, which is replaced each minute, has none.

resource "aws_s3_bucket_versioning" "replica" {
  region = var.region
  bucket = aws_s3_bucket.replica.id

  versioning_configuration {
    status = "Enabled"
  }
}

# Replicas belong to this account whoever sends them: no ACLs, no rights of the source account.
resource "aws_s3_bucket_ownership_controls" "replica" {
  region = var.region
  bucket = aws_s3_bucket.replica.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "replica" {
  region = var.region
  bucket = aws_s3_bucket.replica.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "replica" {
  region = var.region
  bucket = aws_s3_bucket.replica.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.replica.arn
    }
  }
}

resource "aws_s3_bucket_logging" "replica" {
  count = var.access_logs_bucket == null ? 0 : 1

  region        = var.region
  bucket        = aws_s3_bucket.replica.id
  target_bucket = var.access_logs_bucket
  target_prefix = "${var.bucket}/"
}

# What goes from the archive goes from here too, but only once its own lock has ended: deletions are not replicated.
resource "aws_s3_bucket_lifecycle_configuration" "replica" {
  region = var.region
  bucket = aws_s3_bucket_versioning.replica.bucket

  rule {
    id     = "batches-that-are-archived"
    status = "Enabled"

    filter {
      and {
        prefix = "batches/"
        tags   = { archived = "true" }
      }
    }

    expiration {
      days = var.batch_retention_days
    }
  }

  dynamic "rule" {
    for_each = var.retention_classes

    content {
      id     = "segments-${rule.key}"
      status = "Enabled"

      filter {
        prefix = "segments/class=${rule.key}/"
      }

      expiration {
        days = rule.value
      }
    }
  }

  # Expired objects become noncurrent first. All else that does is older versions of `log/checkpoint`: each lies, locked, at
  # `log/checkpoints/<size>` too.
  rule {
    id     = "noncurrent-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 7
    }

    expiration {
      expired_object_delete_marker = true
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket_policy" "replica" {
  region = var.region
  bucket = aws_s3_bucket.replica.id
  policy = data.aws_iam_policy_document.bucket.json

  depends_on = [aws_s3_bucket_public_access_block.replica]
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "DenyPlainHttp"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.bucket_arn, "${local.bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  # Deletions, shorter locks, and tags: what is tagged as archived expires.
  statement {
    sid    = "DenyDeletion"
    effect = "Deny"
    actions = [
      "s3:BypassGovernanceRetention",
      "s3:DeleteObject",
      "s3:DeleteObjectTagging",
      "s3:DeleteObjectVersion",
      "s3:DeleteObjectVersionTagging",
      "s3:PutObjectLegalHold",
      "s3:PutObjectRetention",
      "s3:PutObjectTagging",
      "s3:PutObjectVersionTagging",
      "s3:ReplicateDelete",
    ]
    resources = ["${local.bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }

  statement {
    sid       = "DenyOtherWriters"
    effect    = "Deny"
    actions   = ["s3:ObjectOwnerOverrideToBucketOwner", "s3:PutObject", "s3:ReplicateObject", "s3:ReplicateTags"]
    resources = ["${local.bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "ArnNotEquals"
      variable = "aws:PrincipalArn"
      values   = [var.source_role_arn]
    }
  }

  statement {
    sid       = "AdmitReplicas"
    actions   = ["s3:ObjectOwnerOverrideToBucketOwner", "s3:ReplicateObject", "s3:ReplicateTags"]
    resources = ["${local.bucket_arn}/*"]

    principals {
      type        = "AWS"
      identifiers = [local.source_account]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:PrincipalArn"
      values   = [var.source_role_arn]
    }
  }

  statement {
    sid       = "AdmitAskingForVersioning"
    actions   = ["s3:GetBucketVersioning"]
    resources = [local.bucket_arn]

    principals {
      type        = "AWS"
      identifiers = [local.source_account]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:PrincipalArn"
      values   = [var.source_role_arn]
    }
  }
}

resource "aws_kms_key" "replica" {
  region                  = var.region
  description             = "Replica of the archive of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.key.json
}

resource "aws_kms_alias" "replica" {
  region        = var.region
  name          = "alias/${var.name}-replica"
  target_key_id = aws_kms_key.replica.key_id
}

data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:In a key's policy the account's root only lets the account's IAM decide.
  #checkov:skip=CKV_AWS_111:In a key's policy the account's root only lets the account's IAM decide.
  #checkov:skip=CKV_AWS_356:In a key's policy * is the key itself.

  statement {
    sid       = "LetIamOfThisAccountDecide"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.account]
    }
  }

  # kms:Decrypt, as S3 checks a bucket key before it uses it. Through S3, and for this bucket only: objects have the bucket
  # in their encryption context, as they lie under a bucket key.
  statement {
    sid       = "EncryptReplicas"
    actions   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.source_account]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:PrincipalArn"
      values   = [var.source_role_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${data.aws_region.current.region}.${data.aws_partition.current.dns_suffix}"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [local.bucket_arn]
    }
  }
}
