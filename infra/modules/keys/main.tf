data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  root    = "arn:${data.aws_partition.current.partition}:iam::${local.account}:root"
  region  = data.aws_region.current.region
  dns     = data.aws_partition.current.dns_suffix
}

module "data" {
  source = "../key"

  alias                = "${var.name}-data"
  description          = "${var.name}: events, on the stream and in the archive"
  used_through         = ["s3", "kinesis"]
  deletion_protection  = var.deletion_protection
  deletion_window_days = var.deletion_window_days
}

module "ledger" {
  source = "../key"

  alias                = "${var.name}-ledger"
  description          = "${var.name}: the ledger table"
  used_through         = ["dynamodb"]
  policies             = [data.aws_iam_policy_document.ledger.json]
  deletion_protection  = var.deletion_protection
  deletion_window_days = var.deletion_window_days
}

# DynamoDB takes a grant for itself of whoever makes the table, and uses that.
data "aws_iam_policy_document" "ledger" {
  #checkov:skip=CKV_AWS_111:a key policy's resource is its key; conditions bound the use
  #checkov:skip=CKV_AWS_356:a key policy's resource is its key
  statement {
    sid       = "GrantToDynamoDb"
    actions   = ["kms:CreateGrant"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.root]
    }

    condition {
      test     = "Bool"
      variable = "kms:GrantIsForAWSResource"
      values   = ["true"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["dynamodb.${local.region}.${local.dns}"]
    }
  }

  statement {
    sid       = "EncryptThroughDynamoDb"
    actions   = ["kms:Encrypt", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
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
      values   = ["dynamodb.${local.region}.${local.dns}"]
    }
  }
}

module "signing" {
  source   = "../key"
  for_each = var.signing.generations

  description          = "${var.name}: signs checkpoints, generation ${each.key}"
  spec                 = each.value
  policies             = [data.aws_iam_policy_document.signing[each.key].json]
  deletion_protection  = var.deletion_protection
  deletion_window_days = var.deletion_window_days
}

data "aws_iam_policy_document" "signing" {
  #checkov:skip=CKV_AWS_111:a key policy's resource is its key; conditions bound the use
  #checkov:skip=CKV_AWS_356:a key policy's resource is its key
  for_each = var.signing.generations

  dynamic "statement" {
    for_each = contains(var.signing.signers, each.key) ? ["on"] : []

    content {
      sid       = "CheckpointSigns"
      actions   = ["kms:Sign"]
      resources = ["*"]

      principals {
        type        = "AWS"
        identifiers = [local.root]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:PrincipalArn"
        values   = [var.signer_role_arn]
      }

      # The note's text itself, under the one algorithm: no digest that somebody else made.
      condition {
        test     = "StringEquals"
        variable = "kms:MessageType"
        values   = ["RAW"]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:SigningAlgorithm"
        values   = [each.value == "ECC_NIST_P256" ? "ECDSA_SHA_256" : "ED25519_SHA_512"]
      }
    }
  }

  # Holds against grants, and against whatever else IAM allows.
  statement {
    sid       = "NobodyElseSigns"
    effect    = "Deny"
    actions   = ["kms:Sign"]
    resources = ["*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    dynamic "condition" {
      for_each = contains(var.signing.signers, each.key) ? ["on"] : []

      content {
        test     = "ArnNotEquals"
        variable = "aws:PrincipalArn"
        values   = [var.signer_role_arn]
      }
    }
  }

  statement {
    sid       = "NoGrants"
    effect    = "Deny"
    actions   = ["kms:CreateGrant"]
    resources = ["*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

resource "aws_kms_alias" "signing" {
  name          = "alias/${var.name}-signing"
  target_key_id = module.signing[var.signing.signers[0]].key_id
}

data "aws_kms_public_key" "signing" {
  for_each = var.signing.generations

  key_id = module.signing[each.key].arn
}

module "operations" {
  source = "../key"

  alias                = "${var.name}-operations"
  description          = "${var.name}: logs of the functions, and alarms"
  policies             = [data.aws_iam_policy_document.operations.json]
  deletion_protection  = false
  deletion_window_days = var.deletion_window_days
}

data "aws_iam_policy_document" "operations" {
  #checkov:skip=CKV_AWS_111:a key policy's resource is its key; conditions bound the use
  #checkov:skip=CKV_AWS_356:a key policy's resource is its key
  statement {
    sid       = "LogGroups"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${local.region}.${local.dns}"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = var.log_group_arns
    }
  }

  statement {
    sid       = "Alarms"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }

  # EventBridge does not say for whom it puts on an encrypted topic: with aws:SourceAccount, notices would be lost
  # without a word. The topic's policy names the topic, and the key is used for that topic alone.
  # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
  statement {
    sid       = "Notices"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "kms:EncryptionContext:aws:sns:topicArn"
      values   = [var.topic_arn]
    }
  }
}
