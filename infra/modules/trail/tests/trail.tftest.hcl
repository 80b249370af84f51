# Under a stand-in for the provider: a real account would be changed, and none has this number.
provider "aws" {
  allowed_account_ids = ["123456789012"]
}

variables {
  name                 = "cairn"
  bucket               = "acme-trail"
  evidence_bucket_arns = ["arn:aws:s3:::acme-archive", "arn:aws:s3:::acme-expired"]
  table_arn            = "arn:aws:dynamodb:eu-central-1:123456789012:table/cairn-ledger"
  function_roles       = ["cairn-ingest", "cairn-checkpoint"]
}

run "data_events" {
  command = apply

  # By selector, by field: what it says.
  assert {
    condition = [
      for selector in aws_cloudtrail.evidence.advanced_event_selector : {
        for field in selector.field_selector : field.field => jsonencode([
          coalesce(field.equals, []), coalesce(field.not_equals, []), coalesce(field.starts_with, []), coalesce(field.not_starts_with, []),
        ])
      }
      ] == [
      {
        "eventCategory"    = jsonencode([["Data"], [], [], []])
        "resources.type"   = jsonencode([["AWS::S3::Object"], [], [], []])
        "resources.ARN"    = jsonencode([[], [], ["arn:aws:s3:::acme-archive/", "arn:aws:s3:::acme-expired/"], []])
        "userIdentity.arn" = jsonencode([[], [], [], ["arn:aws:sts::123456789012:assumed-role/cairn-ingest/", "arn:aws:sts::123456789012:assumed-role/cairn-checkpoint/"]])
      },
      {
        "eventCategory"    = jsonencode([["Data"], [], [], []])
        "resources.type"   = jsonencode([["AWS::S3::Object"], [], [], []])
        "resources.ARN"    = jsonencode([[], [], ["arn:aws:s3:::acme-archive/", "arn:aws:s3:::acme-expired/"], []])
        "userIdentity.arn" = jsonencode([[], [], ["arn:aws:sts::123456789012:assumed-role/cairn-ingest/", "arn:aws:sts::123456789012:assumed-role/cairn-checkpoint/"], []])
        "eventName"        = jsonencode([[], ["PutObject"], [], []])
      },
      {
        "eventCategory"    = jsonencode([["Data"], [], [], []])
        "resources.type"   = jsonencode([["AWS::DynamoDB::Table"], [], [], []])
        "resources.ARN"    = jsonencode([[var.table_arn], [], [], []])
        "userIdentity.arn" = jsonencode([[], [], [], ["arn:aws:sts::123456789012:assumed-role/cairn-ingest/", "arn:aws:sts::123456789012:assumed-role/cairn-checkpoint/"]])
      },
    ]
    error_message = "Something done to the evidence is not recorded, or what the functions put is."
  }

  assert {
    condition = (
      aws_cloudtrail.evidence.enable_log_file_validation && aws_cloudtrail.evidence.is_multi_region_trail && aws_cloudtrail.evidence.include_global_service_events &&
      aws_cloudtrail.evidence.kms_key_id == aws_kms_key.trail.arn && aws_cloudtrail.evidence.s3_bucket_name == output.bucket && aws_cloudtrail.evidence.name == "cairn-evidence"
    )
    error_message = "The trail cannot be validated, misses regions, or lies elsewhere or under another key."
  }

  assert {
    condition = (
      module.bucket.default_retention == { mode = "COMPLIANCE", days = 365 } && aws_s3_bucket_lifecycle_configuration.trail.rule[0].expiration[0].days == 365
    )
    error_message = "The trail is not locked, or goes at another time than its lock ends."
  }

  assert {
    condition     = module.bucket.kms_key_arn == aws_kms_key.trail.arn && aws_kms_key.trail.enable_key_rotation
    error_message = "The trail does not lie under its own key, or that is not rotated."
  }

  assert {
    condition = alltrue([
      for statement in concat(jsondecode(data.aws_iam_policy_document.bucket.json).Statement, [for statement in jsondecode(aws_kms_key.trail.policy).Statement : statement if statement.Sid != "LetIamOfThisAccountDecide"]) :
      statement.Principal == { Service = "cloudtrail.amazonaws.com" } && statement.Condition.ArnEquals["aws:SourceArn"] == local.trail_arn
      if statement.Effect == "Allow"
    ])
    error_message = "Another trail, or somebody else, is let in."
  }

  assert {
    condition     = { for statement in jsondecode(data.aws_iam_policy_document.bucket.json).Statement : statement.Action => statement.Resource if statement.Effect == "Allow" } == { "s3:GetBucketAcl" = local.bucket_arn, "s3:PutObject" = "${local.bucket_arn}/AWSLogs/123456789012/*" }
    error_message = "The trail may do more than write its log files, or less."
  }

  assert {
    condition = alltrue([
      for action in ["s3:BypassGovernanceRetention", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectRetention", "s3:PutObjectLegalHold"] : anytrue([
        for statement in jsondecode(data.aws_iam_policy_document.bucket.json).Statement :
        statement.Effect == "Deny" && contains(flatten([statement.Action]), action) && jsonencode(statement.Principal) == jsonencode("*") && !can(statement.Condition)
      ])
    ])
    error_message = "Somebody may delete the trail, or change its lock."
  }

  assert {
    condition = { for statement in jsondecode(data.aws_iam_policy_document.bucket.json).Statement : statement.Sid => jsonencode(statement.Condition) if statement.Effect == "Deny" && can(statement.Condition) } == {
      DenyOtherWriters = jsonencode({ ArnNotEquals = { "aws:SourceArn" = local.trail_arn } })
    }
    error_message = "Other writers are let in."
  }

  assert {
    condition     = one([for statement in jsondecode(aws_kms_key.trail.policy).Statement : statement.Condition.StringEquals["kms:EncryptionContext:aws:cloudtrail:arn"] if statement.Sid == "LetTrailEncrypt"]) == local.trail_arn
    error_message = "The key encrypts something else than the trail."
  }
}

run "management_events_too" {
  command = apply

  variables {
    management_events = true
    function_roles    = []
    lock              = { mode = "GOVERNANCE", days = 30 }
  }

  assert {
    condition = [for selector in aws_cloudtrail.evidence.advanced_event_selector : { for field in selector.field_selector : field.field => coalesce(field.equals, field.starts_with)[0] }] == [
      { "eventCategory" = "Data", "resources.type" = "AWS::S3::Object", "resources.ARN" = "arn:aws:s3:::acme-archive/" },
      { "eventCategory" = "Data", "resources.type" = "AWS::DynamoDB::Table", "resources.ARN" = var.table_arn },
      { "eventCategory" = "Management" },
    ]
    error_message = "Management events, or a part of what is done to the evidence, are not recorded."
  }

  assert {
    condition     = module.bucket.default_retention.mode == "GOVERNANCE" && aws_s3_bucket_lifecycle_configuration.trail.rule[0].expiration[0].days == 30
    error_message = "Another lock than the one asked for."
  }
}

run "unknown_mode" {
  command = plan

  variables {
    lock = { mode = "compliance" }
  }

  expect_failures = [var.lock]
}

run "nothing_to_record" {
  command = plan

  variables {
    evidence_bucket_arns = []
  }

  expect_failures = [var.evidence_bucket_arns]
}
