# What the functions may call. The archive's bucket policy and the keys' policies bound it once more. What writes evidence
# also names the function: another one under the same role may not (IfExists, as emulators do not tell).
# https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html

# What lies encrypted, of both functions: the archive and the table.
data "aws_iam_policy_document" "keys" {
  # With bucket keys the context is the bucket; without, its objects.
  statement {
    sid       = "UseTheDataKeyInTheArchive"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [module.keys.data_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region}.${local.dns}"]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [module.archive.arn, "${module.archive.arn}/*"]
    }
  }

  statement {
    sid       = "UseTheLedgerKey"
    actions   = ["kms:Decrypt"]
    resources = [module.keys.ledger_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["dynamodb.${local.region}.${local.dns}"]
    }
  }
}

data "aws_iam_policy_document" "ingest" {
  source_policy_documents = [data.aws_iam_policy_document.keys.json]

  statement {
    sid = "ReadTheStream"
    actions = [
      "kinesis:DescribeStream",
      "kinesis:DescribeStreamSummary",
      "kinesis:GetRecords",
      "kinesis:GetShardIterator",
      "kinesis:ListShards",
    ]
    resources = [module.stream.arn]
  }

  # Lambda asks for it where it makes the mapping. It has no resources, and tells names alone.
  statement {
    #checkov:skip=CKV_AWS_356:ListStreams has no resources
    sid       = "ListStreams"
    actions   = ["kinesis:ListStreams"]
    resources = ["*"]
  }

  statement {
    sid       = "DecryptTheStream"
    actions   = ["kms:Decrypt"]
    resources = [module.keys.data_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:kinesis:arn"
      values   = [module.stream.arn]
    }
  }

  statement {
    sid       = "SealBatches"
    actions   = ["s3:PutObject", "s3:PutObjectRetention"]
    resources = ["${module.archive.arn}/batches/*", "${module.archive.arn}/quarantine/*"]

    condition {
      test     = "ArnEqualsIfExists"
      variable = "lambda:SourceFunctionArn"
      values   = [local.functions["ingest"]]
    }
  }

  # What another writer put is adopted only where it lies under a lock, and an order followed.
  statement {
    sid       = "ReadWhatIsSealed"
    actions   = ["s3:GetObject", "s3:GetObjectRetention", "s3:GetObjectVersion"]
    resources = ["${module.archive.arn}/batches/*", "${module.archive.arn}/orders/*", "${module.archive.arn}/quarantine/*"]
  }

  statement {
    sid       = "ReadTheBundle"
    actions   = ["s3:GetObject"]
    resources = ["${module.archive.arn}/config/*"]
  }

  # Without it, S3 says 403 for an object that is missing, and 404 is what tells an empty place from a refusal.
  # Names alone, of the archive alone.
  statement {
    sid       = "ListNames"
    actions   = ["s3:ListBucket", "s3:ListBucketVersions"]
    resources = [module.archive.arn]
  }

  # Lambda puts what expired on the function's behalf.
  statement {
    sid       = "KeepWhatExpired"
    actions   = ["s3:PutObject"]
    resources = ["${module.archive.expired_arn}/*"]
  }

  statement {
    sid       = "FindWhereToKeepIt"
    actions   = ["s3:ListBucket"]
    resources = [module.archive.expired_arn]
  }

  # Decrypt is for a put in parts.
  statement {
    sid       = "EncryptWhatExpired"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [module.keys.data_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region}.${local.dns}"]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [module.archive.expired_arn, "${module.archive.expired_arn}/*"]
    }
  }

  # Heads and batches of chains; the log's head is the other function's.
  statement {
    sid       = "MoveChains"
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    resources = [module.ledger.arn]

    condition {
      test     = "ArnEqualsIfExists"
      variable = "lambda:SourceFunctionArn"
      values   = [local.functions["ingest"]]
    }

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["chain#*", "chains"]
    }

    # ForAllValues holds for nothing at all, too.
    condition {
      test     = "Null"
      variable = "dynamodb:LeadingKeys"
      values   = ["false"]
    }
  }
}

data "aws_iam_policy_document" "checkpoint" {
  source_policy_documents = [data.aws_iam_policy_document.keys.json]

  statement {
    sid       = "WriteTheLog"
    actions   = ["s3:PutObject", "s3:PutObjectRetention"]
    resources = ["${module.archive.arn}/log/*"]

    condition {
      test     = "ArnEqualsIfExists"
      variable = "lambda:SourceFunctionArn"
      values   = [local.functions["checkpoint"]]
    }
  }

  # The log and nothing else: what it needs of batches is in the table.
  statement {
    sid       = "ReadTheLog"
    actions   = ["s3:GetObject"]
    resources = ["${module.archive.arn}/log/*"]
  }

  # Without it, S3 says 403 for an object that is missing. Names alone, of the archive alone.
  statement {
    sid       = "ListNames"
    actions   = ["s3:ListBucket"]
    resources = [module.archive.arn]
  }

  statement {
    sid       = "ReadTheLedger"
    actions   = ["dynamodb:GetItem", "dynamodb:Query"]
    resources = [module.ledger.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["chain#*", "chains", "log"]
    }

    condition {
      test     = "Null"
      variable = "dynamodb:LeadingKeys"
      values   = ["false"]
    }
  }

  statement {
    sid       = "MoveTheLog"
    actions   = ["dynamodb:PutItem"]
    resources = [module.ledger.arn]

    condition {
      test     = "ArnEqualsIfExists"
      variable = "lambda:SourceFunctionArn"
      values   = [local.functions["checkpoint"]]
    }

    condition {
      test     = "ForAllValues:StringEquals"
      variable = "dynamodb:LeadingKeys"
      values   = ["log"]
    }

    condition {
      test     = "Null"
      variable = "dynamodb:LeadingKeys"
      values   = ["false"]
    }
  }

  statement {
    sid       = "Sign"
    actions   = ["kms:GetPublicKey", "kms:Sign"]
    resources = module.keys.signing_arns

    condition {
      test     = "ArnEqualsIfExists"
      variable = "lambda:SourceFunctionArn"
      values   = [local.functions["checkpoint"]]
    }
  }
}
