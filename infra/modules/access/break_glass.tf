resource "aws_iam_role" "break_glass" {
  count = var.break_glass == null ? 0 : 1

  name                 = "${var.name}-break-glass"
  description          = "Emergencies of ${var.name}: stops and starts the functions, saves keys and records. Its use raises an alarm."
  assume_role_policy   = data.aws_iam_policy_document.break_glass_trust[0].json
  max_session_duration = 3600
}

resource "aws_iam_role_policy" "break_glass" {
  count = var.break_glass == null ? 0 : 1

  name   = "break-glass"
  role   = aws_iam_role.break_glass[0].name
  policy = data.aws_iam_policy_document.break_glass.json
}

data "aws_iam_policy_document" "break_glass_trust" {
  count = var.break_glass == null ? 0 : 1

  statement {
    sid     = "BreakGlass"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = var.break_glass.principals
    }

    condition {
      test     = "Bool"
      variable = "aws:MultiFactorAuthPresent"
      values   = ["true"]
    }

    # Seconds.
    condition {
      test     = "NumericLessThan"
      variable = "aws:MultiFactorAuthAge"
      values   = ["3600"]
    }
  }
}

locals {
  function_arns = [var.functions.ingest_arn, var.functions.checkpoint_arn]
}

data "aws_iam_policy_document" "break_glass" {
  source_policy_documents = [data.aws_iam_policy_document.reads.json]

  # What is not sealed yet may have to be looked at, and kept for longer than a repair takes.
  statement {
    sid = "SaveRecords"
    actions = [
      "kinesis:GetRecords",
      "kinesis:GetShardIterator",
      "kinesis:IncreaseStreamRetentionPeriod",
      "kinesis:ListShards",
    ]
    resources = [var.stream_arn]
  }

  statement {
    sid       = "DecryptRecords"
    actions   = ["kms:Decrypt"]
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

  # A function whose concurrency is 0 does not run, and what it would be handed stays on the stream. The mapping itself is out of reach:
  # its settings decide what expires, and where to.
  statement {
    sid = "StopAndStartFunctions"
    actions = [
      "lambda:DeleteFunctionConcurrency",
      "lambda:GetFunctionConcurrency",
      "lambda:GetFunctionConfiguration",
      "lambda:PutFunctionConcurrency",
    ]
    resources = local.function_arns
  }

  statement {
    sid       = "ReadLogs"
    actions   = ["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"]
    resources = flatten([for arn in var.functions.log_group_arns : [arn, "${arn}:*"]])
  }

  statement {
    sid       = "SaveKeys"
    actions   = ["kms:CancelKeyDeletion", "kms:DescribeKey", "kms:EnableKey", "kms:GetKeyPolicy"]
    resources = flatten(values(var.keys))
  }

  # Nobody in a hurry destroys, signs, or changes evidence, keys, code or policies, whatever else is attached.
  statement {
    sid    = "NothingThatDestroys"
    effect = "Deny"
    not_actions = [
      "dynamodb:GetItem",
      "dynamodb:Query",
      "kinesis:DescribeStreamSummary",
      "kinesis:GetRecords",
      "kinesis:GetShardIterator",
      "kinesis:IncreaseStreamRetentionPeriod",
      "kinesis:ListShards",
      "kms:CancelKeyDeletion",
      "kms:Decrypt",
      "kms:DescribeKey",
      "kms:EnableKey",
      "kms:GetKeyPolicy",
      "kms:GetPublicKey",
      "lambda:DeleteFunctionConcurrency",
      "lambda:GetFunctionConcurrency",
      "lambda:GetFunctionConfiguration",
      "lambda:PutFunctionConcurrency",
      "s3:GetObject",
      "s3:GetObjectRetention",
      "s3:GetObjectVersion",
      "s3:ListBucket",
      "s3:ListBucketVersions",
    ]
    resources = concat(local.evidence, local.function_arns, [var.functions.mapping_arn])
  }
}
