data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  root    = "arn:${data.aws_partition.current.partition}:iam::${local.account}:root"
  region  = data.aws_region.current.region
  dns     = data.aws_partition.current.dns_suffix

  # What the services that hold ciphertext do with a key, on behalf of whom IAM lets.
  used_through = {
    data   = ["s3.${local.region}.${local.dns}", "kinesis.${local.region}.${local.dns}"]
    ledger = ["dynamodb.${local.region}.${local.dns}"]
  }

  # What each of them asks for. DynamoDB takes a grant for itself of whoever makes the table, and uses that.
  use = {
    data   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
    ledger = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
  }

  # Looking after a key, which is not using it: neither cryptography nor grants.
  administration = [
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:GetPublicKey",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RetireGrant",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
  ]
}

# In a key's policy `*` is the key itself.
# Administrators may change the policy, as somebody must; whoever does is told of by an alarm.
data "aws_iam_policy_document" "use" {
  #checkov:skip=CKV_AWS_109:a key policy's resource is its key; whoever changes it raises an alarm
  #checkov:skip=CKV_AWS_111:a key policy's resource is its key; conditions bound the use
  #checkov:skip=CKV_AWS_356:a key policy's resource is its key
  for_each = local.used_through

  statement {
    sid       = "Administration"
    actions   = local.administration
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.root]
    }
  }

  statement {
    sid       = "UseThroughTheService"
    actions   = local.use[each.key]
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
      values   = each.value
    }
  }

  dynamic "statement" {
    for_each = each.key == "ledger" ? ["on"] : []

    content {
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
        values   = each.value
      }
    }
  }

  dynamic "statement" {
    for_each = var.deletion_protection ? ["on"] : []

    content {
      sid       = "NotDeleted"
      effect    = "Deny"
      actions   = ["kms:DisableKey", "kms:ScheduleKeyDeletion"]
      resources = ["*"]

      principals {
        type        = "*"
        identifiers = ["*"]
      }
    }
  }
}

resource "aws_kms_key" "data" {
  description             = "${var.name}: events, on the stream and in the archive"
  enable_key_rotation     = true
  deletion_window_in_days = var.deletion_window_days
  policy                  = data.aws_iam_policy_document.use["data"].json
}

resource "aws_kms_alias" "data" {
  name          = "alias/${var.name}-data"
  target_key_id = aws_kms_key.data.key_id
}

resource "aws_kms_key" "ledger" {
  description             = "${var.name}: the ledger table"
  enable_key_rotation     = true
  deletion_window_in_days = var.deletion_window_days
  policy                  = data.aws_iam_policy_document.use["ledger"].json
}

resource "aws_kms_alias" "ledger" {
  name          = "alias/${var.name}-ledger"
  target_key_id = aws_kms_key.ledger.key_id
}

data "aws_iam_policy_document" "signing" {
  #checkov:skip=CKV_AWS_109:a key policy's resource is its key; whoever changes it raises an alarm
  #checkov:skip=CKV_AWS_111:a key policy's resource is its key; signing is denied to all but one role
  #checkov:skip=CKV_AWS_356:a key policy's resource is its key
  for_each = var.signing.generations

  statement {
    sid       = "Administration"
    actions   = local.administration
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.root]
    }
  }

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

  dynamic "statement" {
    for_each = var.deletion_protection ? ["on"] : []

    content {
      sid       = "NotDeleted"
      effect    = "Deny"
      actions   = ["kms:DisableKey", "kms:ScheduleKeyDeletion"]
      resources = ["*"]

      principals {
        type        = "*"
        identifiers = ["*"]
      }
    }
  }
}

resource "aws_kms_key" "signing" {
  #checkov:skip=CKV_AWS_7:KMS does not rotate asymmetric keys; `generations` is how this one is succeeded
  for_each = var.signing.generations

  description              = "${var.name}: signs checkpoints, generation ${each.key}"
  key_usage                = "SIGN_VERIFY"
  customer_master_key_spec = each.value
  deletion_window_in_days  = var.deletion_window_days
  policy                   = data.aws_iam_policy_document.signing[each.key].json
}

resource "aws_kms_alias" "signing" {
  name          = "alias/${var.name}-signing"
  target_key_id = aws_kms_key.signing[var.signing.signers[0]].key_id
}

data "aws_kms_public_key" "signing" {
  for_each = var.signing.generations

  key_id = aws_kms_key.signing[each.key].arn
}

data "aws_iam_policy_document" "operations" {
  #checkov:skip=CKV_AWS_109:a key policy's resource is its key; whoever changes it raises an alarm
  #checkov:skip=CKV_AWS_111:a key policy's resource is its key; conditions bound the use
  #checkov:skip=CKV_AWS_356:a key policy's resource is its key
  statement {
    sid       = "Administration"
    actions   = local.administration
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.root]
    }
  }

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

resource "aws_kms_key" "operations" {
  description             = "${var.name}: logs of the functions, and alarms"
  enable_key_rotation     = true
  deletion_window_in_days = var.deletion_window_days
  policy                  = data.aws_iam_policy_document.operations.json
}

resource "aws_kms_alias" "operations" {
  name          = "alias/${var.name}-operations"
  target_key_id = aws_kms_key.operations.key_id
}
