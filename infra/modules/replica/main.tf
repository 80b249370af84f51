data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {
  region = var.region
}

locals {
  source_account = "arn:${data.aws_partition.current.partition}:iam::${element(split(":", var.source_role_arn), 4)}:root"
  bucket_arn     = "arn:${data.aws_partition.current.partition}:s3:::${var.bucket}"
}

# Replicas belong to this account whoever sends them. No default retention: a replica has the lock of its original, and
# `log/checkpoint`, which is replaced each minute, has none.
module "bucket" {
  source = "../bucket"

  name        = var.bucket
  region      = var.region
  kms_key     = { arn = module.key.arn }
  access_logs = var.access_logs
  policies    = [data.aws_iam_policy_document.bucket.json]
}

# Segments end with their class. Batches stay: what would end them is a tag, and tags of the archive are not to be believed here.
resource "aws_s3_bucket_lifecycle_configuration" "replica" {
  region = var.region
  bucket = module.bucket.name

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

  # Each checkpoint lies, locked, at `log/checkpoints/<size>` too. Older versions of anything else would be the originals of
  # what somebody put over them in the archive: they stay.
  rule {
    id     = "replaced-checkpoints"
    status = "Enabled"

    filter {
      prefix = "log/checkpoint"
    }

    noncurrent_version_expiration {
      noncurrent_days = 7
    }
  }

  rule {
    id     = "unfinished-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

data "aws_iam_policy_document" "bucket" {
  # Deletions, shorter locks, and tags.
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
      "s3:ReplicateTags",
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
    actions   = ["s3:ObjectOwnerOverrideToBucketOwner", "s3:PutObject", "s3:ReplicateObject"]
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
    actions   = ["s3:ObjectOwnerOverrideToBucketOwner", "s3:ReplicateObject"]
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

module "key" {
  source = "../key"

  alias               = "${var.name}-replica"
  description         = "Replica of the archive of ${var.name}"
  region              = var.region
  used_through        = ["s3"]
  policies            = [data.aws_iam_policy_document.key.json]
  deletion_protection = var.deletion_protection
}

data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_111:In a key's policy * is the key itself; conditions bound the use.
  #checkov:skip=CKV_AWS_356:In a key's policy * is the key itself.

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
