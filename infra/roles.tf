# What the functions may call. The archive's bucket policy and the keys' policies bound it once more.

data "aws_iam_policy_document" "ingest" {
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
  }

  # What another writer put is adopted only where it lies under a lock.
  statement {
    sid       = "ReadWhatIsSealed"
    actions   = ["s3:GetObject", "s3:GetObjectRetention", "s3:GetObjectVersion"]
    resources = ["${module.archive.arn}/batches/*", "${module.archive.arn}/quarantine/*"]
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

  # With bucket keys the context is the bucket; without, its objects.
  statement {
    sid       = "UseTheDataKeyInS3"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [module.keys.data_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region}.amazonaws.com"]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values = [
        module.archive.arn, "${module.archive.arn}/*",
        module.archive.expired_arn, "${module.archive.expired_arn}/*",
      ]
    }
  }

  # Heads and batches of chains; the log's head is the other function's.
  statement {
    sid       = "MoveChains"
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    resources = [module.ledger.arn]

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

  statement {
    sid       = "UseTheLedgerKey"
    actions   = ["kms:Decrypt"]
    resources = [module.keys.ledger_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["dynamodb.${local.region}.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "checkpoint" {
  statement {
    sid       = "WriteTheLog"
    actions   = ["s3:PutObject", "s3:PutObjectRetention"]
    resources = ["${module.archive.arn}/log/*"]
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

  # With bucket keys the context is the bucket; without, its objects.
  statement {
    sid       = "UseTheDataKeyInS3"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [module.keys.data_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region}.amazonaws.com"]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [module.archive.arn, "${module.archive.arn}/*"]
    }
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
    sid       = "UseTheLedgerKey"
    actions   = ["kms:Decrypt"]
    resources = [module.keys.ledger_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["dynamodb.${local.region}.amazonaws.com"]
    }
  }

  statement {
    sid       = "Sign"
    actions   = ["kms:GetPublicKey", "kms:Sign"]
    resources = module.keys.signing_arns
  }
}
