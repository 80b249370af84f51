# Under a stand-in for the provider: a real account would be changed, and none has this number.
provider "aws" {
  allowed_account_ids = ["123456789012"]
}

variables {
  name            = "cairn"
  bucket          = "acme-replica"
  source_role_arn = "arn:aws:iam::111122223333:role/cairn-replication"
}

run "second_region" {
  command = apply

  variables {
    region            = "eu-west-1"
    retention_classes = { finance = 3650, short = 90 }
    access_logs       = { bucket = "acme-logs" }
  }

  # What all buckets have in common is tested where it is made, module bucket.
  assert {
    condition     = module.bucket.kms_key_arn == aws_kms_key.replica.arn && module.bucket.default_retention == null
    error_message = "Replicas do not lie under the key of the replica, or have another lock than their original."
  }

  assert {
    condition = alltrue([
      for region in [
        aws_kms_key.replica.region, aws_kms_alias.replica.region, aws_s3_bucket_lifecycle_configuration.replica.region, module.bucket.region,
      ] : region == "eu-west-1"
    ])
    error_message = "A part of the replica is not in its region."
  }

  assert {
    condition = alltrue([
      for action in [
        "s3:BypassGovernanceRetention", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectRetention", "s3:PutObjectLegalHold",
        "s3:PutObjectTagging", "s3:PutObjectVersionTagging", "s3:ReplicateDelete", "s3:ReplicateTags",
        ] : anytrue([
          for statement in jsondecode(data.aws_iam_policy_document.bucket.json).Statement :
          statement.Effect == "Deny" && contains(flatten([statement.Action]), action) && jsonencode(statement.Principal) == jsonencode("*") && !can(statement.Condition) && statement.Resource == "arn:aws:s3:::acme-replica/*"
      ])
    ])
    error_message = "Somebody may delete replicas, or have them expire."
  }

  assert {
    condition = one([
      for statement in jsondecode(data.aws_iam_policy_document.bucket.json).Statement :
      statement.Condition.ArnNotEquals["aws:PrincipalArn"] == "arn:aws:iam::111122223333:role/cairn-replication" && contains(statement.Action, "s3:PutObject") && contains(statement.Action, "s3:ReplicateObject")
      if statement.Sid == "DenyOtherWriters" && statement.Effect == "Deny"
    ])
    error_message = "Others than the replicating role may write."
  }

  assert {
    condition = alltrue([
      for statement in concat(
        [for statement in jsondecode(data.aws_iam_policy_document.bucket.json).Statement : statement if statement.Effect == "Allow"],
        [for statement in jsondecode(aws_kms_key.replica.policy).Statement : statement if statement.Effect == "Allow" && statement.Sid != "LetIamOfThisAccountDecide"],
      ) : statement.Principal.AWS == "arn:aws:iam::111122223333:root" && statement.Condition.ArnEquals["aws:PrincipalArn"] == "arn:aws:iam::111122223333:role/cairn-replication"
    ])
    error_message = "More than one role of the source account gets in."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(data.aws_iam_policy_document.bucket.json).Statement : statement.Action if statement.Effect == "Allow"
    ])) == toset(["s3:GetBucketVersioning", "s3:ObjectOwnerOverrideToBucketOwner", "s3:ReplicateObject"])
    error_message = "The replicating role may do more than replicate, or less."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_kms_key.replica.policy).Statement :
      statement.Condition.StringEquals["kms:ViaService"] == "s3.eu-west-1.amazonaws.com" && statement.Condition.StringEquals["kms:EncryptionContext:aws:s3:arn"] == "arn:aws:s3:::acme-replica" && toset(statement.Action) == toset(["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"])
      if statement.Sid == "EncryptReplicas"
    ])
    error_message = "The replicating role may use the key for more than replicas."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_kms_key.replica.policy).Statement : toset(statement.Action) == toset(["kms:DisableKey", "kms:ScheduleKeyDeletion"])
      if statement.Effect == "Deny" && !can(statement.Condition)
    ])
    error_message = "The key can be taken from what it protects."
  }

  assert {
    condition     = aws_kms_key.replica.enable_key_rotation && aws_kms_key.replica.deletion_window_in_days == 30
    error_message = "The key is not rotated, or gone too soon."
  }

  # Whoever owns the archive could otherwise end what lies here, by a tag or by a version put over it.
  assert {
    condition = alltrue([
      for rule in aws_s3_bucket_lifecycle_configuration.replica.rule :
      startswith(rule.filter[0].prefix, "segments/class=") || rule.filter[0].prefix == "log/checkpoint"
      if length(rule.expiration) > 0 || length(rule.noncurrent_version_expiration) > 0
    ])
    error_message = "Something ends that is neither a segment nor an older log/checkpoint."
  }

  assert {
    condition = { for rule in aws_s3_bucket_lifecycle_configuration.replica.rule : rule.filter[0].prefix => rule.expiration[0].days if startswith(rule.id, "segments-") } == {
      "segments/class=finance/" = 3650
      "segments/class=short/"   = 90
    }
    error_message = "Segments are kept for other times than their classes say."
  }

  assert {
    condition     = output.replica.bucket_arn == "arn:aws:s3:::acme-replica" && output.replica.key_arn == aws_kms_key.replica.arn && output.replica.region == "eu-west-1"
    error_message = "The output tells of something else."
  }
}

run "without_options" {
  command = apply

  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.replica.rule) == 2
    error_message = "Something was made that nobody asked for."
  }
}

run "any_role" {
  command = plan

  variables {
    source_role_arn = "arn:aws:iam::111122223333:role/*"
  }

  expect_failures = [var.source_role_arn]
}

run "class_kept_for_no_time" {
  command = plan

  variables {
    retention_classes = { finance = 0 }
  }

  expect_failures = [var.retention_classes]
}
