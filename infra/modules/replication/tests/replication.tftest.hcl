# Under a stand-in for the provider: a real account would be changed, and none has this number.
provider "aws" {
  allowed_account_ids = ["123456789012"]
}

variables {
  name = "cairn"
  archive = {
    bucket     = "acme-archive"
    bucket_arn = "arn:aws:s3:::acme-archive"
    key_arn    = "arn:aws:kms:eu-central-1:111122223333:key/data"
  }
  replica = {
    bucket_arn = "arn:aws:s3:::acme-replica"
    key_arn    = "arn:aws:kms:eu-west-1:444455556666:key/replica"
    account_id = "444455556666"
    region     = "eu-west-1"
  }
}

run "to_another_account" {
  command = apply

  assert {
    condition = (
      one(one(aws_s3_bucket_replication_configuration.archive.rule[0].destination).access_control_translation).owner == "Destination" &&
      one(aws_s3_bucket_replication_configuration.archive.rule[0].destination).account == "444455556666" &&
      strcontains(aws_iam_role_policy.replication.policy, "s3:ObjectOwnerOverrideToBucketOwner")
    )
    error_message = "The source account owns what it replicates to another."
  }

  assert {
    condition = (
      aws_s3_bucket_replication_configuration.archive.rule[0].status == "Enabled" &&
      one(aws_s3_bucket_replication_configuration.archive.rule[0].delete_marker_replication).status == "Disabled" &&
      one(one(aws_s3_bucket_replication_configuration.archive.rule[0].source_selection_criteria).sse_kms_encrypted_objects).status == "Enabled" &&
      one(one(aws_s3_bucket_replication_configuration.archive.rule[0].destination).encryption_configuration).replica_kms_key_id == var.replica.key_arn &&
      one(one(aws_s3_bucket_replication_configuration.archive.rule[0].destination).metrics).status == "Enabled"
    )
    error_message = "Not everything is replicated under the replica's key, deletions are, or nobody sees how far it is."
  }

  assert {
    condition     = one(aws_s3_bucket_replication_configuration.archive.rule[0].filter).prefix == null
    error_message = "Only a part of the archive is replicated."
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.replication.policy).Statement : statement.Sid => { actions = toset(flatten([statement.Action])), resource = statement.Resource } } == {
      ReadConfiguration = { actions = toset(["s3:GetReplicationConfiguration", "s3:ListBucket"]), resource = "arn:aws:s3:::acme-archive" }
      ReadObjects = {
        actions  = toset(["s3:GetObjectLegalHold", "s3:GetObjectRetention", "s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"])
        resource = "arn:aws:s3:::acme-archive/*"
      }
      WriteReplicas = {
        actions  = toset(["s3:ObjectOwnerOverrideToBucketOwner", "s3:ReplicateObject"])
        resource = "arn:aws:s3:::acme-replica/*"
      }
      DecryptObjects  = { actions = toset(["kms:Decrypt"]), resource = var.archive.key_arn }
      EncryptReplicas = { actions = toset(["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]), resource = var.replica.key_arn }
    }
    error_message = "The role may do more than replicate with locks and tags, or less."
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.replication.policy).Statement : statement.Sid => statement.Condition.StringEquals if can(statement.Condition) } == {
      DecryptObjects  = { "kms:ViaService" = "s3.us-east-1.amazonaws.com", "kms:EncryptionContext:aws:s3:arn" = "arn:aws:s3:::acme-archive" }
      EncryptReplicas = { "kms:ViaService" = "s3.eu-west-1.amazonaws.com", "kms:EncryptionContext:aws:s3:arn" = "arn:aws:s3:::acme-replica" }
    }
    error_message = "The role may use a key for more than replication."
  }

  assert {
    condition     = aws_iam_role.replication.name == "cairn-replication" && jsondecode(aws_iam_role.replication.assume_role_policy).Statement[0].Principal == { Service = "s3.amazonaws.com" }
    error_message = "Somebody else than S3 may take the role, or the replica does not know it."
  }

  assert {
    condition     = length(one(aws_s3_bucket_replication_configuration.archive.rule[0].destination).replication_time) == 0
    error_message = "Time control is paid for unasked."
  }
}

run "within_the_account_and_in_time" {
  command = apply

  variables {
    replica = {
      bucket_arn = "arn:aws:s3:::acme-replica"
      key_arn    = "arn:aws:kms:eu-west-1:123456789012:key/replica"
      account_id = "123456789012"
      region     = "eu-west-1"
    }
    time_control  = true
    storage_class = "GLACIER_IR"
  }

  assert {
    condition     = data.aws_caller_identity.current.account_id == "123456789012"
    error_message = "Found ${data.aws_caller_identity.current.account_id} as this account: the run is not what it says."
  }

  assert {
    condition = (
      length(one(aws_s3_bucket_replication_configuration.archive.rule[0].destination).access_control_translation) == 0 &&
      one(aws_s3_bucket_replication_configuration.archive.rule[0].destination).account == null &&
      !strcontains(aws_iam_role_policy.replication.policy, "s3:ObjectOwnerOverrideToBucketOwner")
    )
    error_message = "An owner is changed that stays the same."
  }

  assert {
    condition = (
      one(one(one(aws_s3_bucket_replication_configuration.archive.rule[0].destination).replication_time).time).minutes == 15 &&
      one(one(one(aws_s3_bucket_replication_configuration.archive.rule[0].destination).metrics).event_threshold).minutes == 15 &&
      one(aws_s3_bucket_replication_configuration.archive.rule[0].destination).storage_class == "GLACIER_IR"
    )
    error_message = "Time control or storage class are not as asked for."
  }
}

run "unknown_storage_class" {
  command = plan

  variables {
    storage_class = "GLACIER_DEEP"
  }

  expect_failures = [var.storage_class]
}
