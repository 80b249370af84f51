data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  arn        = "arn:${data.aws_partition.current.partition}"
  account_id = data.aws_caller_identity.current.account_id

  # Built, as the bucket's policy must stand before the trail does.
  trail      = "${var.name}-evidence"
  trail_arn  = "${local.arn}:cloudtrail:${data.aws_region.current.region}:${local.account_id}:trail/${local.trail}"
  bucket_arn = "${local.arn}:s3:::${var.bucket}"

  # With the slash that ends a bucket's name, and a role's.
  evidence  = [for bucket in var.evidence_bucket_arns : "${bucket}/"]
  functions = [for role in var.function_roles : "${local.arn}:sts::${local.account_id}:assumed-role/${role}/"]
}

resource "aws_cloudtrail" "evidence" {
  #checkov:skip=CKV_AWS_252:Nobody waits for log files; alarms come from EventBridge.
  #checkov:skip=CKV2_AWS_10:The trail is evidence, kept in its bucket under lock; a second copy to search would be neither.

  name                          = local.trail
  s3_bucket_name                = module.bucket.name
  kms_key_id                    = module.key.arn
  enable_log_file_validation    = true
  is_multi_region_trail         = true
  include_global_service_events = true

  advanced_event_selector {
    name = "evidence, by anyone but the functions"

    field_selector {
      field  = "eventCategory"
      equals = ["Data"]
    }

    field_selector {
      field  = "resources.type"
      equals = ["AWS::S3::Object"]
    }

    field_selector {
      field       = "resources.ARN"
      starts_with = local.evidence
    }

    dynamic "field_selector" {
      for_each = length(local.functions) > 0 ? [local.functions] : []

      content {
        field           = "userIdentity.arn"
        not_starts_with = field_selector.value
      }
    }
  }

  dynamic "advanced_event_selector" {
    for_each = length(local.functions) > 0 ? [local.functions] : []

    content {
      name = "evidence, by the functions, but for puts"

      field_selector {
        field  = "eventCategory"
        equals = ["Data"]
      }

      field_selector {
        field  = "resources.type"
        equals = ["AWS::S3::Object"]
      }

      field_selector {
        field       = "resources.ARN"
        starts_with = local.evidence
      }

      field_selector {
        field       = "userIdentity.arn"
        starts_with = advanced_event_selector.value
      }

      field_selector {
        field      = "eventName"
        not_equals = ["PutObject"]
      }
    }
  }

  # Who else reads or writes heads of chains.
  advanced_event_selector {
    name = "ledger, by anyone but the functions"

    field_selector {
      field  = "eventCategory"
      equals = ["Data"]
    }

    field_selector {
      field  = "resources.type"
      equals = ["AWS::DynamoDB::Table"]
    }

    field_selector {
      field  = "resources.ARN"
      equals = [var.table_arn]
    }

    dynamic "field_selector" {
      for_each = length(local.functions) > 0 ? [local.functions] : []

      content {
        field           = "userIdentity.arn"
        not_starts_with = field_selector.value
      }
    }
  }

  dynamic "advanced_event_selector" {
    for_each = var.management_events ? ["Management"] : []

    content {
      name = "management"

      field_selector {
        field  = "eventCategory"
        equals = [advanced_event_selector.value]
      }
    }
  }
}

# CloudTrail names the key itself. With a bucket key it would need to decrypt, under another context than its own:
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
module "bucket" {
  source = "../bucket"

  name              = var.bucket
  kms_key           = { arn = module.key.arn, bucket_key = false }
  default_retention = var.lock
  policies          = [data.aws_iam_policy_document.bucket.json]
}

resource "aws_s3_bucket_lifecycle_configuration" "trail" {
  bucket = module.bucket.name

  rule {
    id     = "after-the-lock"
    status = "Enabled"

    filter {}

    expiration {
      days = var.lock.days
    }

    noncurrent_version_expiration {
      noncurrent_days = 1
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  rule {
    id     = "what-expiry-leaves"
    status = "Enabled"

    filter {}

    expiration {
      expired_object_delete_marker = true
    }
  }
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid    = "DenyDeletion"
    effect = "Deny"
    actions = [
      "s3:BypassGovernanceRetention",
      "s3:DeleteObject",
      "s3:DeleteObjectVersion",
      "s3:PutObjectLegalHold",
      "s3:PutObjectRetention",
    ]
    resources = ["${local.bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }

  # Requests that are not on the trail's behalf name no trail, which is not equal either.
  statement {
    sid       = "DenyOtherWriters"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${local.bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "ArnNotEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }

  statement {
    sid       = "AdmitTrailAsking"
    actions   = ["s3:GetBucketAcl"]
    resources = [local.bucket_arn]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }

  statement {
    sid       = "AdmitTrail"
    actions   = ["s3:PutObject"]
    resources = ["${local.bucket_arn}/AWSLogs/${local.account_id}/*"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "s3:x-amz-acl"
      values   = ["bucket-owner-full-control"]
    }
  }
}

module "key" {
  source = "../key"

  alias               = local.trail
  description         = "Trail of who used the evidence of ${var.name}"
  used_through        = ["s3"]
  policies            = [data.aws_iam_policy_document.key.json]
  deletion_protection = var.deletion_protection
}

data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_111:In a key's policy * is the key itself; conditions bound the use.
  #checkov:skip=CKV_AWS_356:In a key's policy * is the key itself.

  statement {
    sid       = "LetTrailEncrypt"
    actions   = ["kms:GenerateDataKey"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:cloudtrail:arn"
      values   = [local.trail_arn]
    }
  }

  statement {
    sid       = "LetTrailLook"
    actions   = ["kms:DescribeKey"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }
}
