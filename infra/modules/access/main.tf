data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  # Services that use a key on somebody's behalf, as `kms:ViaService` names them.
  via = {
    for service in ["dynamodb", "kinesis", "s3"] :
    service => "${service}.${data.aws_region.current.region}.${data.aws_partition.current.dns_suffix}"
  }

  # S3 names the bucket in the encryption context of what lies under a bucket key, as all that Cairn writes
  # does, and the object in that of anything else.
  archive_context = [var.archive_bucket_arn, "${var.archive_bucket_arn}/*"]
  expired_context = [var.expired_bucket_arn, "${var.expired_bucket_arn}/*"]

  # All that evidence is made from. Whoever must not write is denied everything here but what is allowed.
  evidence = concat(
    local.archive_context,
    local.expired_context,
    [var.table_arn, "${var.table_arn}/*", var.stream_arn],
    flatten(values(var.keys)),
  )

  account = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"
  glue    = "arn:${data.aws_partition.current.partition}:glue:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}"
}

# What `cairn status | verify | show | prove | log | quarantine list | config show` call, and nothing else.
data "aws_iam_policy_document" "reads" {
  statement {
    sid       = "ListArchive"
    actions   = ["s3:ListBucket", "s3:ListBucketVersions"]
    resources = [var.archive_bucket_arn]
  }

  statement {
    sid       = "ReadArchive"
    actions   = ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectRetention"]
    resources = ["${var.archive_bucket_arn}/*"]
  }

  statement {
    sid       = "ListExpired"
    actions   = ["s3:ListBucket"]
    resources = [var.expired_bucket_arn]
  }

  statement {
    sid       = "ReadExpired"
    actions   = ["s3:GetObject", "s3:GetObjectRetention"]
    resources = ["${var.expired_bucket_arn}/*"]
  }

  statement {
    sid       = "DecryptObjects"
    actions   = ["kms:Decrypt"]
    resources = [var.keys.data]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [local.via.s3]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = concat(local.archive_context, local.expired_context)
    }
  }

  statement {
    sid       = "ReadLedger"
    actions   = ["dynamodb:GetItem", "dynamodb:Query"]
    resources = [var.table_arn]
  }

  statement {
    sid       = "DecryptLedger"
    actions   = ["kms:Decrypt"]
    resources = [var.keys.ledger]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [local.via.dynamodb]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:dynamodb:tableName"
      values   = [element(split("/", var.table_arn), 1)]
    }
  }

  statement {
    sid       = "AskWhenStreamWasMade"
    actions   = ["kinesis:DescribeStreamSummary"]
    resources = [var.stream_arn]
  }

  statement {
    sid       = "GetVerifierKey"
    actions   = ["kms:GetPublicKey"]
    resources = var.keys.signing
  }
}
