data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  # Known before the buckets are: their policies name them.
  archive_arn = "arn:${data.aws_partition.current.partition}:s3:::${var.bucket_prefix}-archive"
  expired_arn = "arn:${data.aws_partition.current.partition}:s3:::${var.bucket_prefix}-expired"
  logs_arn    = "arn:${data.aws_partition.current.partition}:s3:::${var.bucket_prefix}-access-logs"

  # Each place has one writer; cursors, which follow from the log's entries, are put again by whoever recovers the table, too. That one
  # alone orders a stopped chain to go on.
  written_by = merge(
    {
      Batches = { roles = [var.writers.batches], in = ["batches/*", "quarantine/*"] }
      Log     = { roles = [var.writers.log], in = var.writers.recovery == null ? ["log/*"] : local.log_but_cursors }
      Config  = { roles = [var.writers.config], in = ["config/*"] }
    },
    var.writers.recovery == null ? {} : {
      Cursors = { roles = [var.writers.log, var.writers.recovery], in = ["log/cursors/*"] }
      Orders  = { roles = [var.writers.recovery], in = ["orders/*"] }
    },
  )
  log_but_cursors = [local.replaced, "log/checkpoints/*", "log/plans/*", "log/tile/*"]

  # Locked for as long as batches: what the log can be rebuilt without.
  locked_as_batches = ["batches/*", "quarantine/*", "log/cursors/*", "log/plans/*", "log/tile/*.p/*"]

  # What would undo a put: deletion; tags, as one lets a batch expire; and replication into here, which is no put to S3 and
  # would pass all that puts are asked for.
  undoing = [
    "s3:DeleteObject",
    "s3:DeleteObjectTagging",
    "s3:DeleteObjectVersion",
    "s3:DeleteObjectVersionTagging",
    "s3:ObjectOwnerOverrideToBucketOwner",
    "s3:PutObjectTagging",
    "s3:PutObjectVersionTagging",
    "s3:ReplicateDelete",
    "s3:ReplicateObject",
    "s3:ReplicateTags",
    "s3:UpdateObjectEncryption",
  ]

  unlocking = ["s3:BypassGovernanceRetention", "s3:PutObjectAcl", "s3:PutObjectLegalHold", "s3:PutObjectVersionAcl"]

  # For how long what is put where must be locked: at least, and at most, as a lock in mode COMPLIANCE is for ever until it ends.
  # A day to either side: the lock is decided a moment before S3 counts what remains, and whole days are counted.
  places = {
    AsBatches = { days = var.batch_retention_days, in = [for path in local.locked_as_batches : "${local.archive_arn}/${path}"], but = [] }
    AsTheLog = {
      days = var.log_retention_days
      in   = []
      but = concat(
        [for path in local.locked_as_batches : "${local.archive_arn}/${path}"],
        ["${local.archive_arn}/${local.replaced}", "${local.archive_arn}/segments/*"],
      )
    }
  }
  bounds = merge(
    { for name, place in local.places : "LockedLongEnough${name}" => merge(place, { test = "NumericLessThan", days = place.days - 1 }) },
    { for name, place in local.places : "NotLockedForLonger${name}" => merge(place, { test = "NumericGreaterThan", days = place.days + 1 }) },
  )

  # The one object that is replaced, and hence not locked.
  replaced = "log/checkpoint"
}

# Statements of refusal: IAM allows, these bound what it may. They hold for everybody, administrators and
# the account's root too; whoever changes them raises an alarm.
data "aws_iam_policy_document" "archive" {
  #checkov:skip=CKV_AWS_283:refusals are for every principal
  statement {
    sid       = "EncryptedPutsOnly"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${local.archive_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "StringNotEquals"
      variable = "s3:x-amz-server-side-encryption"
      values   = ["aws:kms"]
    }
  }

  statement {
    sid       = "UnderTheDataKeyOnly"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${local.archive_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "StringNotEquals"
      variable = "s3:x-amz-server-side-encryption-aws-kms-key-id"
      values   = [var.kms_key_arn]
    }
  }

  # Without a lock there is no mode, and what is missing equals nothing.
  statement {
    sid           = "LockedPutsOnly"
    effect        = "Deny"
    actions       = ["s3:PutObject"]
    not_resources = ["${local.archive_arn}/${local.replaced}"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "StringNotEquals"
      variable = "s3:object-lock-mode"
      values   = [var.lock_mode]
    }
  }

  dynamic "statement" {
    for_each = local.bounds

    content {
      sid           = statement.key
      effect        = "Deny"
      actions       = ["s3:PutObject", "s3:PutObjectRetention"]
      resources     = statement.value.in
      not_resources = statement.value.but

      principals {
        type        = "*"
        identifiers = ["*"]
      }

      condition {
        test     = statement.value.test
        variable = "s3:object-lock-remaining-retention-days"
        values   = [statement.value.days]
      }
    }
  }

  # Created, never overwritten: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
  statement {
    sid           = "CreatedOnly"
    effect        = "Deny"
    actions       = ["s3:PutObject"]
    not_resources = ["${local.archive_arn}/${local.replaced}"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Null"
      variable = "s3:if-none-match"
      values   = ["true"]
    }
  }

  statement {
    sid       = "ReplacedKnowingly"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${local.archive_arn}/${local.replaced}"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Null"
      variable = "s3:if-match"
      values   = ["true"]
    }

    condition {
      test     = "Null"
      variable = "s3:if-none-match"
      values   = ["true"]
    }
  }

  dynamic "statement" {
    for_each = local.written_by

    content {
      sid       = "OneWriterOf${statement.key}"
      effect    = "Deny"
      actions   = ["s3:PutObject"]
      resources = [for path in statement.value.in : "${local.archive_arn}/${path}"]

      principals {
        type        = "*"
        identifiers = ["*"]
      }

      condition {
        test     = "ArnNotEquals"
        variable = "aws:PrincipalArn"
        values   = statement.value.roles
      }
    }
  }

  statement {
    sid           = "NoWritesElsewhere"
    effect        = "Deny"
    actions       = ["s3:PutObject"]
    not_resources = flatten([for writer in local.written_by : [for path in writer.in : "${local.archive_arn}/${path}"]])

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }

  # Lifecycle is not a request and goes on.
  statement {
    sid       = "NothingIsDeleted"
    effect    = "Deny"
    actions   = local.undoing
    resources = ["${local.archive_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }

  statement {
    sid       = "LocksStay"
    effect    = "Deny"
    actions   = local.unlocking
    resources = ["${local.archive_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }

  # A lock is set by the put. Whoever sets one later must be extending it, and no such writer exists.
  statement {
    sid       = "LocksAreNotShortened"
    effect    = "Deny"
    actions   = ["s3:PutObjectRetention"]
    resources = ["${local.archive_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "ArnNotEquals"
      variable = "aws:PrincipalArn"
      values   = distinct(flatten([for writer in local.written_by : writer.roles]))
    }
  }

  statement {
    sid       = "TheBucketStays"
    effect    = "Deny"
    actions   = ["s3:DeleteBucket"]
    resources = [local.archive_arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

module "archive" {
  source = "../bucket"

  name        = "${var.bucket_prefix}-archive"
  kms_key     = { arn = var.kms_key_arn }
  access_logs = { bucket = module.access_logs.name }
  policies    = [data.aws_iam_policy_document.archive.json]
}

resource "aws_s3_bucket_lifecycle_configuration" "archive" {
  #checkov:skip=CKV_AWS_300:the last rule does; the scanner does not see it beside dynamic ones
  bucket = module.archive.name

  # By tag alone: it is set once a batch's leaves lie in segments whose entries are in a published checkpoint.
  rule {
    id     = "batches-archived"
    status = "Enabled"

    filter {
      and {
        prefix = "batches/"
        tags   = { archived = "true" }
      }
    }

    expiration {
      days = var.batch_retention_days
    }

    noncurrent_version_expiration {
      noncurrent_days = 1
    }
  }

  # What the rule above leaves: markers have no tags.
  rule {
    id     = "batches-markers"
    status = "Enabled"

    filter {
      prefix = "batches/"
    }

    expiration {
      expired_object_delete_marker = true
    }
  }

  # The one object that is replaced. Each checkpoint lies, locked, at `log/checkpoints/<size>` too; the prefix is theirs as well, but
  # they are created once, and have no noncurrent versions.
  rule {
    id     = "replaced-checkpoints"
    status = "Enabled"

    filter {
      prefix = local.replaced
    }

    noncurrent_version_expiration {
      noncurrent_days = var.batch_retention_days
    }
  }

  dynamic "rule" {
    for_each = var.batches_instant_after_days == null ? [] : [var.batches_instant_after_days]

    content {
      id     = "batches-tier"
      status = "Enabled"

      filter {
        prefix = "batches/"
      }

      transition {
        days          = rule.value
        storage_class = "GLACIER_IR"
      }
    }
  }

  dynamic "rule" {
    for_each = var.retention_classes

    content {
      id     = "segments-${rule.key}"
      status = "Enabled"

      filter {
        prefix = "segments/class=${rule.key}/"
      }

      dynamic "transition" {
        for_each = rule.value.instant_after_days == null ? [] : [rule.value.instant_after_days]

        content {
          days          = transition.value
          storage_class = "GLACIER_IR"
        }
      }

      dynamic "transition" {
        for_each = rule.value.deep_after_days == null ? [] : [rule.value.deep_after_days]

        content {
          days          = transition.value
          storage_class = "DEEP_ARCHIVE"
        }
      }

      expiration {
        days = rule.value.days
      }

      noncurrent_version_expiration {
        noncurrent_days = 1
      }
    }
  }

  rule {
    id     = "unfinished-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

# Where Lambda puts records that ingest could not seal in six days: whole, for a redrive. Its role writes, as for
# any failure destination, without a lock of its own; hence the default one.
module "expired" {
  source = "../bucket"

  name        = "${var.bucket_prefix}-expired"
  kms_key     = { arn = var.kms_key_arn }
  access_logs = { bucket = module.access_logs.name }
  policies    = [data.aws_iam_policy_document.expired.json]

  default_retention = {
    mode = var.lock_mode
    days = var.batch_retention_days
  }
}

data "aws_iam_policy_document" "expired" {
  #checkov:skip=CKV_AWS_283:refusals are for every principal
  statement {
    sid       = "OneWriter"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${local.expired_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "ArnNotEquals"
      variable = "aws:PrincipalArn"
      values   = [var.writers.batches]
    }
  }

  statement {
    sid       = "NothingIsDeleted"
    effect    = "Deny"
    actions   = concat(local.undoing, local.unlocking, ["s3:PutObjectRetention"])
    resources = ["${local.expired_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "expired" {
  bucket = module.expired.name

  rule {
    id     = "unfinished-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

# An object here is an alarm.
resource "aws_s3_bucket_notification" "expired" {
  bucket      = module.expired.name
  eventbridge = true
}

# Who read what, best effort. S3 delivers to buckets with its own encryption and no default lock alone.
module "access_logs" {
  source = "../bucket"

  name        = "${var.bucket_prefix}-access-logs"
  object_lock = false
  policies    = [data.aws_iam_policy_document.access_logs.json]
}

data "aws_iam_policy_document" "access_logs" {
  statement {
    sid       = "S3Delivers"
    actions   = ["s3:PutObject"]
    resources = ["${local.logs_arn}/*"]

    principals {
      type        = "Service"
      identifiers = ["logging.s3.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${data.aws_partition.current.partition}:s3:::${var.bucket_prefix}-*"]
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "access_logs" {
  bucket = module.access_logs.name

  rule {
    id     = "end"
    status = "Enabled"

    filter {}

    expiration {
      days = var.access_logs_retention_days
    }

    noncurrent_version_expiration {
      noncurrent_days = 1
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}
