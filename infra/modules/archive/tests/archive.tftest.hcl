# Under a stand-in for the provider: a real account would be changed, and none has this number.
provider "aws" {
  allowed_account_ids = ["123456789012"]
}

variables {
  bucket_prefix              = "audit"
  kms_key_arn                = "arn:aws:kms:eu-central-1:123456789012:key/data"
  lock_mode                  = "COMPLIANCE"
  batch_retention_days       = 35
  log_retention_days         = 3650
  access_logs_retention_days = 400
  batches_instant_after_days = 90

  retention_classes = {
    short     = { days = 90 }
    regulated = { days = 2557, instant_after_days = 90, deep_after_days = 400 }
  }

  writers = {
    batches = "arn:aws:iam::123456789012:role/cairn-ingest"
    log     = "arn:aws:iam::123456789012:role/cairn-checkpoint"
    config  = "arn:aws:iam::123456789012:role/cairn-operator"
  }
}

run "refusals" {
  # Each statement of the policy, in a form that can be compared whole: who could weaken one unseen?
  assert {
    condition     = alltrue([for statement in jsondecode(data.aws_iam_policy_document.archive.json).Statement : statement.Effect == "Deny" && statement.Principal == "*"])
    error_message = "The archive's policy refuses, and refuses everybody."
  }

  assert {
    condition = jsonencode({ for statement in jsondecode(data.aws_iam_policy_document.archive.json).Statement : statement.Sid => try(statement.Condition, {}) }) == jsonencode({
      EncryptedPutsOnly           = { StringNotEquals = { "s3:x-amz-server-side-encryption" = "aws:kms" } }
      UnderTheDataKeyOnly         = { StringNotEquals = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = var.kms_key_arn } }
      LockedPutsOnly              = { StringNotEquals = { "s3:object-lock-mode" = "COMPLIANCE" } }
      LockedLongEnoughAsBatches   = { NumericLessThan = { "s3:object-lock-remaining-retention-days" = "34" } }
      LockedLongEnoughAsTheLog    = { NumericLessThan = { "s3:object-lock-remaining-retention-days" = "3649" } }
      NotLockedForLongerAsBatches = { NumericGreaterThan = { "s3:object-lock-remaining-retention-days" = "36" } }
      NotLockedForLongerAsTheLog  = { NumericGreaterThan = { "s3:object-lock-remaining-retention-days" = "3651" } }
      CreatedOnly                 = { Null = { "s3:if-none-match" = "true" } }
      ReplacedKnowingly           = { Null = { "s3:if-match" = "true", "s3:if-none-match" = "true" } }
      OneWriterOfBatches          = { ArnNotEquals = { "aws:PrincipalArn" = var.writers.batches } }
      OneWriterOfLog              = { ArnNotEquals = { "aws:PrincipalArn" = var.writers.log } }
      OneWriterOfConfig           = { ArnNotEquals = { "aws:PrincipalArn" = var.writers.config } }
      NoWritesElsewhere           = {}
      NothingIsDeleted            = {}
      LocksStay                   = {}
      LocksAreNotShortened        = { ArnNotEquals = { "aws:PrincipalArn" = reverse(sort([var.writers.batches, var.writers.log, var.writers.config])) } }
      TheBucketStays              = {}
    })
    error_message = "A refusal is missing, or holds under another condition."
  }

  # What need not be locked is one object, the one that is replaced.
  assert {
    condition = [
      for statement in jsondecode(data.aws_iam_policy_document.archive.json).Statement : statement.NotResource if statement.Sid == "LockedPutsOnly"
    ] == ["arn:aws:s3:::audit-archive/log/checkpoint"]
    error_message = "Everything but log/checkpoint is put under a lock."
  }

  assert {
    condition = alltrue([
      for action in ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectTagging", "s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags", "s3:BypassGovernanceRetention", "s3:DeleteBucket"] : contains(flatten([
        for statement in jsondecode(data.aws_iam_policy_document.archive.json).Statement : statement.Action if !can(statement.Condition)
      ]), action)
    ])
    error_message = "Deleting, marking as archived and bypassing locks are refused without condition."
  }

  # The prefixes of the writers, and everything else, are all that there is.
  assert {
    condition = toset(flatten([
      for statement in jsondecode(data.aws_iam_policy_document.archive.json).Statement : statement.Resource if startswith(statement.Sid, "OneWriterOf")
      ])) == toset(flatten([
      for statement in jsondecode(data.aws_iam_policy_document.archive.json).Statement : statement.NotResource if statement.Sid == "NoWritesElsewhere"
    ]))
    error_message = "Each prefix has one writer, and there is no other prefix."
  }

  assert {
    condition = { for statement in jsondecode(data.aws_iam_policy_document.expired.json).Statement : statement.Sid => statement.Effect } == {
      OneWriter        = "Deny"
      NothingIsDeleted = "Deny"
    }
    error_message = "What expired has one writer, and stays."
  }

  assert {
    condition     = output.bucket == "audit-archive" && output.expired_bucket == "audit-expired"
    error_message = "Buckets have other names than the functions are told."
  }
}

run "whoever_recovers_puts_cursors_and_orders_and_nothing_else" {
  variables {
    writers = {
      batches  = "arn:aws:iam::123456789012:role/cairn-ingest"
      log      = "arn:aws:iam::123456789012:role/cairn-checkpoint"
      config   = "arn:aws:iam::123456789012:role/cairn-operator"
      recovery = "arn:aws:iam::123456789012:role/cairn-break-glass"
    }
  }

  assert {
    condition = {
      for statement in jsondecode(data.aws_iam_policy_document.archive.json).Statement :
      statement.Sid => [toset(flatten([statement.Resource])), toset(flatten([statement.Condition.ArnNotEquals["aws:PrincipalArn"]]))]
      if startswith(statement.Sid, "OneWriterOf")
      } == {
      OneWriterOfBatches = [toset(["arn:aws:s3:::audit-archive/batches/*", "arn:aws:s3:::audit-archive/quarantine/*"]), toset([var.writers.batches])]
      OneWriterOfConfig  = [toset(["arn:aws:s3:::audit-archive/config/*"]), toset([var.writers.config])]
      OneWriterOfCursors = [toset(["arn:aws:s3:::audit-archive/log/cursors/*"]), toset([var.writers.log, var.writers.recovery])]
      OneWriterOfLog = [
        toset([for path in ["checkpoint", "checkpoints/*", "plans/*", "tile/*"] : "arn:aws:s3:::audit-archive/log/${path}"]),
        toset([var.writers.log]),
      ]
      OneWriterOfOrders = [toset(["arn:aws:s3:::audit-archive/orders/*"]), toset([var.writers.recovery])]
    }
    error_message = "Whoever recovers the table may put more than cursors and orders, or not those, or others put orders."
  }

  # The places of the writers, and everything else, are all that there is.
  assert {
    condition = toset(flatten([
      for statement in jsondecode(data.aws_iam_policy_document.archive.json).Statement : statement.Resource if startswith(statement.Sid, "OneWriterOf")
      ])) == toset(flatten([
      for statement in jsondecode(data.aws_iam_policy_document.archive.json).Statement : statement.NotResource if statement.Sid == "NoWritesElsewhere"
    ]))
    error_message = "There is a place without a writer."
  }
}

run "without_recovery_nobody_orders" {
  assert {
    condition     = !strcontains(data.aws_iam_policy_document.archive.json, "orders")
    error_message = "Somebody may put orders."
  }
}

run "lifecycle" {
  # Batches end by their tag alone, and only after their lock.
  assert {
    condition = [
      for rule in aws_s3_bucket_lifecycle_configuration.archive.rule : one(one(rule.filter).and).tags["archived"]
      if try(one(rule.expiration).days, null) == 35
    ] == ["true"]
    error_message = "Batches end once they are tagged as archived."
  }

  assert {
    condition = alltrue([
      for rule in aws_s3_bucket_lifecycle_configuration.archive.rule :
      length(one(rule.filter).and) == 1 || startswith(one(rule.filter).prefix, "segments/class=") || (one(rule.filter).prefix == "log/checkpoint" && length(rule.expiration) == 0)
      if try(one(rule.expiration).days, 0) > 0 || length(rule.noncurrent_version_expiration) > 0
    ])
    error_message = "Nothing ends but tagged batches, segments and what log/checkpoint was: the log, bundles and quarantine stay."
  }

  assert {
    condition = {
      for rule in aws_s3_bucket_lifecycle_configuration.archive.rule : one(rule.filter).prefix => {
        end = one(rule.expiration).days
        to  = [for transition in rule.transition : "${transition.days} ${transition.storage_class}"]
      } if startswith(rule.id, "segments-")
      } == {
      "segments/class=short/"     = { end = 90, to = [] }
      "segments/class=regulated/" = { end = 2557, to = ["400 DEEP_ARCHIVE", "90 GLACIER_IR"] }
    }
    error_message = "Segments tier and end as their class says."
  }

  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.archive.rule : one(rule.transition).storage_class if rule.id == "batches-tier"] == ["GLACIER_IR"]
    error_message = "Batches that stay move to Glacier Instant Retrieval."
  }

  assert {
    condition     = aws_s3_bucket_notification.expired.eventbridge
    error_message = "Nobody is told when something expires."
  }
}

run "governance" {
  variables {
    lock_mode = "GOVERNANCE"
  }

  assert {
    condition     = strcontains(data.aws_iam_policy_document.archive.json, "\"s3:object-lock-mode\":\"GOVERNANCE\"") || strcontains(data.aws_iam_policy_document.archive.json, "\"s3:object-lock-mode\": \"GOVERNANCE\"")
    error_message = "Puts are locked in the mode that is chosen."
  }
}

run "another_mode" {
  command = plan

  variables {
    lock_mode = "SOFT"
  }

  expect_failures = [var.lock_mode]
}
