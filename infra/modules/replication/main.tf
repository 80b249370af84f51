data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  other_account = var.replica.account_id != data.aws_caller_identity.current.account_id
}

# Everything is replicated, with its lock: all of it is needed to verify anything. Delete markers are not, and deletions of versions
# never are: nothing done to the archive removes a replica.
resource "aws_s3_bucket_replication_configuration" "archive" {
  bucket = var.archive.bucket
  role   = aws_iam_role.replication.arn

  rule {
    id       = "everything"
    status   = "Enabled"
    priority = 0

    filter {}

    delete_marker_replication {
      status = "Disabled"
    }

    source_selection_criteria {
      sse_kms_encrypted_objects {
        status = "Enabled"
      }
    }

    destination {
      bucket        = var.replica.bucket_arn
      storage_class = var.storage_class
      account       = local.other_account ? var.replica.account_id : null

      # The replica's bucket owns all that is in it; this says so where S3 wants to hear it, and fails where it does not.
      dynamic "access_control_translation" {
        for_each = local.other_account ? ["Destination"] : []

        content {
          owner = access_control_translation.value
        }
      }

      encryption_configuration {
        replica_kms_key_id = var.replica.key_arn
      }

      # How many bytes and objects are behind, for how long, and which failed.
      metrics {
        status = "Enabled"

        dynamic "event_threshold" {
          for_each = var.time_control ? [15] : []

          content {
            minutes = event_threshold.value
          }
        }
      }

      dynamic "replication_time" {
        for_each = var.time_control ? [15] : []

        content {
          status = "Enabled"

          time {
            minutes = replication_time.value
          }
        }
      }
    }
  }

  # Without its rights the first objects would fail, and stay behind.
  depends_on = [aws_iam_role_policy.replication]
}

resource "aws_iam_role" "replication" {
  name               = "${var.name}-replication"
  description        = "S3 replicates the archive of ${var.name} with it."
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "LetS3Replicate"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "replication" {
  name   = "replicate"
  role   = aws_iam_role.replication.name
  policy = data.aws_iam_policy_document.replication.json
}

data "aws_iam_policy_document" "replication" {
  statement {
    sid       = "ReadConfiguration"
    actions   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
    resources = [var.archive.bucket_arn]
  }

  # Without the rights to locks S3 does not replicate what is locked.
  statement {
    sid = "ReadObjects"
    actions = [
      "s3:GetObjectLegalHold",
      "s3:GetObjectRetention",
      "s3:GetObjectVersionAcl",
      "s3:GetObjectVersionForReplication",
      "s3:GetObjectVersionTagging",
    ]
    resources = ["${var.archive.bucket_arn}/*"]
  }

  # No s3:ReplicateDelete.
  statement {
    sid       = "WriteReplicas"
    actions   = concat(["s3:ReplicateObject"], local.other_account ? ["s3:ObjectOwnerOverrideToBucketOwner"] : [])
    resources = ["${var.replica.bucket_arn}/*"]
  }

  # Objects lie under bucket keys, so the encryption context is the bucket.
  statement {
    sid       = "DecryptObjects"
    actions   = ["kms:Decrypt"]
    resources = [var.archive.key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${data.aws_region.current.region}.${data.aws_partition.current.dns_suffix}"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [var.archive.bucket_arn]
    }
  }

  statement {
    sid       = "EncryptReplicas"
    actions   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
    resources = [var.replica.key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${var.replica.region}.${data.aws_partition.current.dns_suffix}"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [var.replica.bucket_arn]
    }
  }
}
