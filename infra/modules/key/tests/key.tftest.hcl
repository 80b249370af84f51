# Under a stand-in for the provider: a real account would be changed, and none has this number.
provider "aws" {
  allowed_account_ids = ["123456789012"]
}

variables {
  alias               = "cairn-data"
  description         = "events"
  used_through        = ["s3", "kinesis"]
  deletion_protection = true
}

run "encrypts" {
  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_key.this.deletion_window_in_days == 30 && aws_kms_key.this.key_usage == "ENCRYPT_DECRYPT"
    error_message = "A key that encrypts is rotated, and waits 30 days to be deleted."
  }

  assert {
    condition     = aws_kms_alias.this[0].name == "alias/cairn-data" && aws_kms_alias.this[0].target_key_id == aws_kms_key.this.key_id
    error_message = "The alias names another key."
  }

  # Looking after a key is not using it.
  assert {
    condition     = length(setintersection(local.administration, ["kms:Sign", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:CreateGrant", "kms:*"])) == 0
    error_message = "Administration includes use."
  }

  assert {
    condition = jsonencode({
      for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Sid => [statement.Effect, statement.Principal, try(statement.Condition.StringEquals, null)]
      }) == jsonencode({
      Administration = ["Allow", { AWS = local.root }, null]
      UseThroughTheService = ["Allow", { AWS = local.root }, {
        "kms:CallerAccount" = local.account
        "kms:ViaService"    = ["s3.${data.aws_region.current.region}.amazonaws.com", "kinesis.${data.aws_region.current.region}.amazonaws.com"]
      }]
      NotDeleted = ["Deny", "*", null]
    })
    error_message = "Somebody else may use the key, or otherwise."
  }

  assert {
    condition     = [for statement in jsondecode(aws_kms_key.this.policy).Statement : toset(statement.Action) if statement.Effect == "Deny"] == [toset(["kms:DisableKey", "kms:ScheduleKeyDeletion"])]
    error_message = "A key of evidence refuses its end."
  }
}

run "signs_elsewhere" {
  variables {
    alias               = null
    spec                = "ECC_NIST_EDWARDS25519"
    region              = "eu-west-1"
    used_through        = []
    deletion_protection = false
  }

  assert {
    condition     = aws_kms_key.this.key_usage == "SIGN_VERIFY" && !aws_kms_key.this.enable_key_rotation && aws_kms_key.this.region == "eu-west-1" && length(aws_kms_alias.this) == 0
    error_message = "A key that signs is another one."
  }

  assert {
    condition     = [for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Sid] == ["Administration"]
    error_message = "Nobody may use what nobody was said to use."
  }
}

run "gone_too_soon" {
  command = plan

  variables {
    deletion_window_days = 6
  }

  expect_failures = [var.deletion_window_days]
}
