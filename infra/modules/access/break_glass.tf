resource "aws_iam_role" "break_glass" {
  count = var.break_glass == null ? 0 : 1

  name                 = "${var.name}-break-glass"
  description          = "Emergencies of ${var.name}: stops and starts the functions, saves keys and records, recovers the table, orders stopped chains to go on. Its use raises an alarm."
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

  # What is put: cursors that have expired, by `cairn recover`; by what a stopped chain goes on, by `cairn resume`.
  put = ["${var.archive_bucket_arn}/log/cursors/*", "${var.archive_bucket_arn}/orders/*"]
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

  # What `cairn recover` writes: heads, batches and the log's head, under the conditions of production; and what `cairn resume` writes into the
  # head of a stopped chain. Not the marks of redrives, which the archive does not tell.
  statement {
    sid       = "RecoverTheTable"
    actions   = ["dynamodb:PutItem", "dynamodb:UpdateItem"]
    resources = [var.table_arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["chain#*", "chains", "log"]
    }

    # ForAllValues holds for nothing at all, too.
    condition {
      test     = "Null"
      variable = "dynamodb:LeadingKeys"
      values   = ["false"]
    }
  }

  # The bucket's policy asks for lock, key and retention.
  statement {
    sid       = "PutCursorsAndOrders"
    actions   = ["s3:PutObject", "s3:PutObjectRetention"]
    resources = local.put
  }

  statement {
    sid       = "EncryptCursorsAndOrders"
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
      values   = concat([var.archive_bucket_arn], local.put)
    }
  }

  statement {
    sid           = "NothingElseIsPut"
    effect        = "Deny"
    actions       = ["s3:PutObject", "s3:PutObjectRetention"]
    not_resources = local.put
  }

  # Nobody in a hurry destroys, signs, or changes evidence, keys, code or policies, whatever else is attached.
  statement {
    sid    = "NothingThatDestroys"
    effect = "Deny"
    not_actions = [
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:Query",
      "dynamodb:UpdateItem",
      "kinesis:DescribeStreamSummary",
      "kinesis:GetRecords",
      "kinesis:GetShardIterator",
      "kinesis:IncreaseStreamRetentionPeriod",
      "kinesis:ListShards",
      "kms:CancelKeyDeletion",
      "kms:Decrypt",
      "kms:DescribeKey",
      "kms:EnableKey",
      "kms:GenerateDataKey",
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
      "s3:PutObject",
      "s3:PutObjectRetention",
    ]
    resources = concat(local.evidence, local.function_arns, [var.functions.mapping_arn])
  }
}
