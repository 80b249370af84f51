resource "aws_iam_role" "operator" {
  name               = "${var.name}-operator"
  description        = "Publishes config bundles of ${var.name} and redrives what was rejected or has expired."
  assume_role_policy = data.aws_iam_policy_document.operator_trust.json
}

resource "aws_iam_role_policy" "operator" {
  name   = "operate"
  role   = aws_iam_role.operator.name
  policy = data.aws_iam_policy_document.operator.json
}

data "aws_iam_policy_document" "operator_trust" {
  statement {
    sid     = "BecomeOperator"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = length(var.operators.principals) > 0 ? var.operators.principals : [local.account]
    }

    dynamic "condition" {
      for_each = var.operators.mfa ? ["true"] : []

      content {
        test     = "Bool"
        variable = "aws:MultiFactorAuthPresent"
        values   = [condition.value]
      }
    }
  }
}

# What `cairn config build --publish` and `cairn redrive` call, beside reading.
data "aws_iam_policy_document" "operator" {
  source_policy_documents = [data.aws_iam_policy_document.reads.json]

  # The bucket's policy asks for lock, key and retention.
  statement {
    sid       = "PublishBundles"
    actions   = ["s3:PutObject", "s3:PutObjectRetention"]
    resources = ["${var.archive_bucket_arn}/config/*"]
  }

  statement {
    sid       = "EncryptBundles"
    actions   = ["kms:GenerateDataKey"]
    resources = [var.keys.data]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [local.via.s3]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [var.archive_bucket_arn, "${var.archive_bucket_arn}/config/*"]
    }
  }

  statement {
    sid       = "ReadAndPutOnStream"
    actions   = ["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:PutRecord", "kinesis:PutRecords"]
    resources = [var.stream_arn]
  }

  statement {
    sid       = "UseKeyOfStream"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.keys.data]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [local.via.kinesis]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:kinesis:arn"
      values   = [var.stream_arn]
    }
  }

  # Marks of redrives, and no head of a chain or of the log.
  statement {
    sid       = "MarkRedrives"
    actions   = ["dynamodb:PutItem"]
    resources = [var.table_arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["redrive#*"]
    }

    # ForAllValues holds for nothing at all, too.
    condition {
      test     = "Null"
      variable = "dynamodb:LeadingKeys"
      values   = ["false"]
    }
  }
}
