# Under a stand-in for the provider: a real account would be changed, and none has this number.
provider "aws" {
  allowed_account_ids = ["123456789012"]
}

variables {
  name            = "cairn"
  signer_role_arn = "arn:aws:iam::123456789012:role/cairn-checkpoint"
  topic_arn       = "arn:aws:sns:eu-central-1:123456789012:cairn-alarms"
  log_group_arns  = ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/cairn-*"]
}

run "defaults" {
  assert {
    condition     = module.signing["1"].spec == "ECC_NIST_EDWARDS25519" && module.data.spec == "SYMMETRIC_DEFAULT"
    error_message = "Checkpoints are signed by Ed25519."
  }

  # Nobody may sign but the checkpoint function: allowed once, denied to all others, and no grants.
  assert {
    condition = [
      for statement in jsondecode(module.signing["1"].policy).Statement : statement
      if statement.Effect == "Allow" && contains(flatten([statement.Action]), "kms:Sign")
      ] == [
      {
        Sid       = "CheckpointSigns"
        Effect    = "Allow"
        Action    = "kms:Sign"
        Resource  = "*"
        Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }
        Condition = {
          ArnEquals = { "aws:PrincipalArn" = var.signer_role_arn }
          StringEquals = {
            "kms:MessageType"      = "RAW"
            "kms:SigningAlgorithm" = "ED25519_SHA_512"
          }
        }
      }
    ]
    error_message = "One role signs, the text itself, by one algorithm."
  }

  assert {
    condition = [
      for statement in jsondecode(module.signing["1"].policy).Statement : try(statement.Condition, null)
      if statement.Effect == "Deny" && statement.Sid == "NobodyElseSigns" && statement.Action == "kms:Sign" && statement.Principal == "*"
    ] == [{ ArnNotEquals = { "aws:PrincipalArn" = var.signer_role_arn } }]
    error_message = "Signing is denied to everybody else."
  }

  assert {
    condition = length([
      for statement in jsondecode(module.signing["1"].policy).Statement : statement
      if statement.Effect == "Deny" && statement.Action == "kms:CreateGrant" && !can(statement.Condition)
    ]) == 1
    error_message = "A grant would let somebody else sign: there are none."
  }

  # Data and ledger: only through the services that hold what they encrypt, only from this account.
  assert {
    condition = alltrue([
      for service, policy in { "s3.|kinesis." = module.data.policy, "dynamodb." = module.ledger.policy } : alltrue([
        for statement in jsondecode(policy).Statement :
        length(regexall("^(${service})", join("", flatten([statement.Condition.StringEquals["kms:ViaService"]])))) == 1
        if statement.Effect == "Allow" && length(setintersection(["kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt"], flatten([statement.Action]))) > 0
      ])
    ])
    error_message = "Keys are used through their services only."
  }

  assert {
    condition = alltrue([
      for key in [module.data, module.ledger, module.signing["1"]] : contains([
        for statement in jsondecode(key.policy).Statement : statement.Effect if contains(flatten([statement.Action]), "kms:ScheduleKeyDeletion")
      ], "Deny")
    ])
    error_message = "Keys of evidence refuse deletion."
  }
}

run "a_succession" {
  variables {
    signing = {
      generations = { "1" = "ECC_NIST_P256", "2" = "ECC_NIST_EDWARDS25519", "3" = "ECC_NIST_EDWARDS25519" }
      signers     = ["3", "2"]
    }
  }

  assert {
    condition     = output.signing_arns == [module.signing["3"].arn, module.signing["2"].arn] && aws_kms_alias.signing.target_key_id == module.signing["3"].key_id
    error_message = "The newest signer comes first, and has the alias."
  }

  assert {
    condition     = length(output.public_keys) == 3 && output.public_keys[0] == data.aws_kms_public_key.signing["3"].public_key && output.public_keys[2] == data.aws_kms_public_key.signing["1"].public_key
    error_message = "Public keys of all generations are given, those that sign first."
  }

  assert {
    condition = [
      for statement in jsondecode(module.signing["1"].policy).Statement : "${statement.Effect} ${can(statement.Condition)}"
      if contains(flatten([statement.Action]), "kms:Sign")
    ] == ["Deny false"]
    error_message = "A generation that has had its time signs no more, whoever asks."
  }
}

run "a_signer_that_is_none" {
  command = plan

  variables {
    signing = { signers = ["2"] }
  }

  expect_failures = [var.signing]
}

run "a_teardown" {
  variables {
    deletion_protection = false
  }

  assert {
    condition     = !strcontains(join("", [module.data.policy, module.ledger.policy, module.signing["1"].policy]), "NotDeleted")
    error_message = "Without protection keys can be deleted."
  }
}
