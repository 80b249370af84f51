data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

data "aws_region" "current" {
  region = var.region
}

locals {
  account = data.aws_caller_identity.current.account_id
  root    = "arn:${data.aws_partition.current.partition}:iam::${local.account}:root"
  signs   = var.spec != "SYMMETRIC_DEFAULT"

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

# In a key's policy `*` is the key itself. Administrators may change the policy, as somebody must; whoever does is told of by an
# alarm.
data "aws_iam_policy_document" "this" {
  #checkov:skip=CKV_AWS_109:a key policy's resource is its key; whoever changes it raises an alarm
  #checkov:skip=CKV_AWS_111:a key policy's resource is its key; conditions bound the use
  #checkov:skip=CKV_AWS_356:a key policy's resource is its key
  source_policy_documents = var.policies

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
    for_each = length(var.used_through) > 0 ? ["on"] : []

    content {
      sid       = "UseThroughTheService"
      actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
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
        values   = [for service in var.used_through : "${service}.${data.aws_region.current.region}.${data.aws_partition.current.dns_suffix}"]
      }

      dynamic "condition" {
        for_each = length(var.used_for) > 0 ? ["on"] : []

        content {
          test     = "StringLike"
          variable = "kms:EncryptionContext:aws:s3:arn"
          values   = var.used_for
        }
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

resource "aws_kms_key" "this" {
  #checkov:skip=CKV_AWS_7:KMS rotates no key that signs; all others are rotated
  region                   = var.region
  description              = var.description
  key_usage                = local.signs ? "SIGN_VERIFY" : "ENCRYPT_DECRYPT"
  customer_master_key_spec = var.spec
  enable_key_rotation      = !local.signs
  deletion_window_in_days  = var.deletion_window_days
  policy                   = data.aws_iam_policy_document.this.json
}

resource "aws_kms_alias" "this" {
  count = var.alias == null ? 0 : 1

  region        = var.region
  name          = "alias/${var.alias}"
  target_key_id = aws_kms_key.this.key_id
}
