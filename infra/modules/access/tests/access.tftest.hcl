# Under a stand-in for the provider: a real account would be changed, and none has this number.
provider "aws" {
  allowed_account_ids = ["123456789012"]
}

variables {
  name               = "cairn"
  stream_arn         = "arn:aws:kinesis:eu-central-1:111122223333:stream/cairn-events"
  archive_bucket_arn = "arn:aws:s3:::acme-archive"
  expired_bucket_arn = "arn:aws:s3:::acme-expired"
  table_arn          = "arn:aws:dynamodb:eu-central-1:111122223333:table/cairn-ledger"
  keys = {
    data    = "arn:aws:kms:eu-central-1:111122223333:key/data"
    ledger  = "arn:aws:kms:eu-central-1:111122223333:key/ledger"
    signing = ["arn:aws:kms:eu-central-1:111122223333:key/signing"]
  }
  functions = {
    ingest_arn     = "arn:aws:lambda:eu-central-1:111122223333:function:cairn-ingest"
    checkpoint_arn = "arn:aws:lambda:eu-central-1:111122223333:function:cairn-checkpoint"
    mapping_arn    = "arn:aws:lambda:eu-central-1:111122223333:event-source-mapping:0b1c"
    log_group_arns = ["arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/cairn-ingest"]
  }

  query = {
    workgroup_arn      = "arn:aws:athena:eu-central-1:111122223333:workgroup/cairn"
    database           = "cairn"
    tables             = ["events", "recent_events"]
    results_bucket_arn = "arn:aws:s3:::acme-results"
    results_key_arn    = "arn:aws:kms:eu-central-1:111122223333:key/results"
    tenant = {
      workgroup_arn = "arn:aws:athena:eu-central-1:111122223333:workgroup/cairn-tenants"
      table         = "tenant_events"
    }
  }
}

run "everybody" {
  command = apply

  variables {
    auditors        = { principals = ["arn:aws:iam::111122223333:role/audit"] }
    tenant_auditors = { principals = ["arn:aws:iam::111122223333:role/portal"] }
    break_glass     = { principals = ["arn:aws:iam::111122223333:user/safe-1"] }
  }

  assert {
    condition = alltrue(flatten([
      for who, policy in output.policies : [
        for statement in jsondecode(policy).Statement : [
          for action in flatten([try(statement.Action, []), try(statement.NotAction, [])]) : !strcontains(action, "*")
        ]
      ]
    ]))
    error_message = "An action has a wildcard."
  }

  assert {
    condition = alltrue(flatten([
      for who, policy in output.policies : [
        # Athena's console opens with lists of names, which have no resources.
        for statement in jsondecode(policy).Statement : [for resource in flatten([try(statement.Resource, [])]) : resource != "*" || statement.Sid == "OpenTheConsole"]
      ]
    ]))
    error_message = "A statement is about every resource."
  }

  # A role's own policies may have 10,240 characters, a managed one 6,144, without white space.
  assert {
    condition     = alltrue([for who, policy in output.policies : length(replace(policy, "/\\s/", "")) <= (who == "producer" ? 6144 : 10240)])
    error_message = "A policy is longer than IAM takes: ${jsonencode({ for who, policy in output.policies : who => length(replace(policy, "/\\s/", "")) })}."
  }

  # Each use of a symmetric key is bound to a service and to what is encrypted.
  assert {
    condition = alltrue(flatten([
      for who, policy in output.policies : [
        for statement in jsondecode(policy).Statement :
        try(statement.Condition.StringEquals["kms:ViaService"], null) != null && length(regexall("kms:EncryptionContext:aws:[a-z0-9]+:[a-zA-Z]+", jsonencode(statement.Condition))) == 1
        if statement.Effect == "Allow" && length(setintersection(["kms:Decrypt", "kms:GenerateDataKey"], flatten([try(statement.Action, [])]))) > 0
      ]
    ]))
    error_message = "A key may be used outside its service or for anything."
  }

  assert {
    condition = alltrue([
      for who in ["producer", "auditor", "tenant_auditor", "operator", "break_glass"] :
      !anytrue([for statement in jsondecode(output.policies[who]).Statement : statement.Effect == "Allow" && contains(flatten([try(statement.Action, [])]), "kms:Sign")])
    ])
    error_message = "Somebody but the checkpoint function may sign."
  }

  # Producers.
  assert {
    condition     = one([for statement in jsondecode(output.policies.producer).Statement : statement.Resource if contains(flatten([try(statement.Action, [])]), "kinesis:PutRecord")]) == var.stream_arn
    error_message = "A producer may put on other streams."
  }

  assert {
    condition     = toset(flatten([for statement in jsondecode(output.policies.producer).Statement : statement.Action])) == toset(["kinesis:PutRecord", "kinesis:PutRecords", "kms:GenerateDataKey"])
    error_message = "A producer's policy has other actions, or fewer."
  }

  assert {
    condition     = jsondecode(aws_iam_policy.producer.policy) == jsondecode(output.policies.producer)
    error_message = "The managed policy of producers is not what the output says."
  }

  # Auditors.
  assert {
    condition = toset(flatten([
      for statement in jsondecode(output.policies.auditor).Statement : statement.Action
      if statement.Effect == "Allow" && length(setintersection(flatten([try(statement.Resource, [])]), local.evidence)) > 0
      ])) == toset([
      "dynamodb:GetItem", "dynamodb:Query", "kinesis:DescribeStreamSummary", "kms:Decrypt", "kms:GetPublicKey", "s3:GetBucketLocation",
      "s3:GetObject", "s3:GetObjectRetention", "s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucketVersions",
    ])
    error_message = "An auditor may do more with the evidence than read it, or less."
  }

  assert {
    condition = one([
      for statement in jsondecode(output.policies.auditor).Statement :
      toset(statement.NotAction) == toset(flatten([
        for allowed in jsondecode(output.policies.auditor).Statement : allowed.Action
        if allowed.Effect == "Allow" && length(setintersection(flatten([try(allowed.Resource, [])]), local.evidence)) > 0
      ])) && toset(statement.Resource) == toset(local.evidence)
      if statement.Effect == "Deny"
    ])
    error_message = "What is denied to auditors is not all of the evidence but what they are allowed."
  }

  assert {
    condition = alltrue([
      for resource in [
        "arn:aws:s3:::acme-archive", "arn:aws:s3:::acme-archive/*", "arn:aws:s3:::acme-expired/*", var.table_arn, var.stream_arn,
        var.keys.data, var.keys.ledger, var.keys.signing[0],
      ] : contains(local.evidence, resource)
    ])
    error_message = "Something that evidence is made from is not among what is denied."
  }

  # Without s3:GetObjectRetention what is locked looks unlocked.
  assert {
    condition = toset(flatten([
      for statement in jsondecode(output.policies.auditor).Statement : statement.Action if try(statement.Resource, null) == "arn:aws:s3:::acme-archive/*"
    ])) == toset(["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectRetention"])
    error_message = "An auditor cannot read objects of the archive with all their versions and locks."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.auditor[0].policy) == jsondecode(output.policies.auditor) && aws_iam_role.auditor[0].name == "cairn-auditor"
    error_message = "The auditors' role has another policy than the output says."
  }

  assert {
    condition     = jsondecode(aws_iam_role.auditor[0].assume_role_policy).Statement[0].Condition.Bool["aws:MultiFactorAuthPresent"] == "true"
    error_message = "An auditor gets in without MFA."
  }

  # Tenants' auditors.
  assert {
    condition = toset(flatten([
      for statement in jsondecode(output.policies.tenant_auditor).Statement : statement.Resource
      if statement.Effect == "Allow" && length(setintersection(["s3:GetObject", "s3:GetObjectVersion"], flatten([try(statement.Action, [])]))) > 0
      ])) == toset([
      "arn:aws:s3:::acme-archive/segments/class=*/tenant=$${aws:PrincipalTag/tenant}/*",
      "arn:aws:s3:::acme-archive/log/checkpoint",
      "arn:aws:s3:::acme-archive/log/checkpoints/*",
      "arn:aws:s3:::acme-archive/log/tile/*",
      "arn:aws:s3:::acme-results/tenants/$${aws:PrincipalTag/tenant}/*",
    ])
    error_message = "A tenant's auditor may read more than its own segments, the log and its own results, or less."
  }

  assert {
    condition = one([
      for statement in jsondecode(output.policies.tenant_auditor).Statement :
      toset(statement.NotResource) == toset([
        "arn:aws:s3:::acme-archive/segments/class=*/tenant=$${aws:PrincipalTag/tenant}/*",
        "arn:aws:s3:::acme-archive/log/checkpoint",
        "arn:aws:s3:::acme-archive/log/checkpoints/*",
        "arn:aws:s3:::acme-archive/log/tile/*",
        "arn:aws:s3:::acme-results/tenants/$${aws:PrincipalTag/tenant}/*",
      ]) && toset(statement.Action) == toset(["s3:GetObject", "s3:GetObjectVersion"])
      if try(statement.NotResource, null) != null && statement.Effect == "Deny"
    ])
    error_message = "Objects of others are not denied to a tenant's auditor."
  }

  assert {
    condition = one([
      for statement in jsondecode(output.policies.tenant_auditor).Statement :
      toset(statement.Condition.StringLike["s3:prefix"]) == toset(["segments/class=*/tenant=$${aws:PrincipalTag/tenant}/*", "log/checkpoint", "log/checkpoints/*", "log/tile/*"])
      if flatten([try(statement.Action, [])]) == ["s3:ListBucket"] && statement.Effect == "Allow"
    ])
    error_message = "A tenant's auditor may list more than its own segments and the log."
  }

  assert {
    condition = one([
      for statement in jsondecode(output.policies.tenant_auditor).Statement :
      toset(statement.Condition.StringNotLike["s3:prefix"]) == toset(["segments/class=*/tenant=$${aws:PrincipalTag/tenant}/*", "log/checkpoint", "log/checkpoints/*", "log/tile/*"])
      if flatten([try(statement.Action, [])]) == ["s3:ListBucket"] && statement.Effect == "Deny"
    ])
    error_message = "Lists of others are not denied to a tenant's auditor."
  }

  assert {
    condition = alltrue([
      for action in ["dynamodb:GetItem", "dynamodb:Query", "s3:ListBucketVersions", "kinesis:GetRecords"] : !anytrue([
        for statement in jsondecode(output.policies.tenant_auditor).Statement : contains(flatten([try(statement.Action, [])]), action)
      ])
    ])
    error_message = "A tenant's auditor may read what tells of other tenants."
  }

  assert {
    condition = one([
      for statement in jsondecode(output.policies.tenant_auditor).Statement :
      toset(statement.NotAction) == toset(flatten([
        for allowed in jsondecode(output.policies.tenant_auditor).Statement : allowed.Action
        if allowed.Effect == "Allow" && anytrue([for resource in flatten([try(allowed.Resource, [])]) : contains(local.evidence, resource) || startswith(resource, var.archive_bucket_arn)])
      ]))
      if try(statement.NotAction, null) != null && statement.Effect == "Deny"
    ])
    error_message = "What is denied to tenants' auditors is not all of the evidence but what they are allowed."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(output.policies.tenant_auditor).Statement : statement.Resource
      if statement.Effect == "Allow" && contains(flatten([try(statement.Action, [])]), "glue:GetTable")
    ])) == toset([for at in ["catalog", "database/cairn", "table/cairn/tenant_events"] : "${local.glue}:${at}"])
    error_message = "A tenant's auditor may find other tables than the one of tenants."
  }

  assert {
    condition = (
      jsondecode(aws_iam_role.tenant_auditor[0].assume_role_policy).Statement[0].Condition.StringLike["aws:RequestTag/tenant"] == "?*" &&
      jsondecode(aws_iam_role.tenant_auditor[0].assume_role_policy).Statement[0].Condition["ForAllValues:StringEquals"]["aws:TagKeys"] == "tenant" &&
      contains(jsondecode(aws_iam_role.tenant_auditor[0].assume_role_policy).Statement[0].Action, "sts:TagSession")
    )
    error_message = "A tenant's auditor gets in without a tenant, or with other tags."
  }

  # Operators.
  assert {
    condition = toset(flatten([
      for statement in jsondecode(output.policies.operator).Statement : statement.Resource if contains(flatten([try(statement.Action, [])]), "s3:PutObject")
    ])) == toset(["arn:aws:s3:::acme-archive/config/*"])
    error_message = "An operator may put other objects than bundles."
  }

  assert {
    condition = one([
      for statement in jsondecode(output.policies.operator).Statement :
      statement.Condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] == "redrive#*" && flatten([try(statement.Action, [])]) == ["dynamodb:PutItem"]
      if contains(flatten([try(statement.Action, [])]), "dynamodb:PutItem")
    ])
    error_message = "An operator may write other items than marks of redrives."
  }

  assert {
    condition = toset(flatten([for statement in jsondecode(output.policies.operator).Statement : statement.Action])) == toset([
      "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator",
      "kinesis:ListShards", "kinesis:PutRecord", "kinesis:PutRecords", "kms:Decrypt", "kms:GenerateDataKey", "kms:GetPublicKey", "s3:GetObject",
      "s3:GetObjectRetention", "s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucketVersions", "s3:PutObject", "s3:PutObjectRetention",
    ])
    error_message = "An operator may do more than publish bundles and redrive, or less."
  }

  assert {
    condition = (
      endswith(jsondecode(aws_iam_role.operator.assume_role_policy).Statement[0].Principal.AWS, ":root") &&
      jsondecode(aws_iam_role.operator.assume_role_policy).Statement[0].Condition.Bool["aws:MultiFactorAuthPresent"] == "true" &&
      aws_iam_role.operator.name == "cairn-operator"
    )
    error_message = "Whoever is in the account becomes operator without MFA, or the role is not found by its name."
  }

  # Break-glass.
  assert {
    condition = (
      jsondecode(aws_iam_role.break_glass[0].assume_role_policy).Statement[0].Condition.Bool["aws:MultiFactorAuthPresent"] == "true" &&
      jsondecode(aws_iam_role.break_glass[0].assume_role_policy).Statement[0].Condition.NumericLessThan["aws:MultiFactorAuthAge"] == "3600" &&
      aws_iam_role.break_glass[0].max_session_duration == 3600 &&
      aws_iam_role.break_glass[0].name == "cairn-break-glass"
    )
    error_message = "The glass breaks without fresh MFA, or stays broken for more than an hour."
  }

  assert {
    condition = length(setintersection(
      flatten([for statement in jsondecode(output.policies.break_glass).Statement : statement.Action if statement.Effect == "Allow"]),
      [
        "kms:Sign", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey", "s3:DeleteObject",
        "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention", "s3:PutBucketPolicy", "dynamodb:DeleteItem",
        "kinesis:DecreaseStreamRetentionPeriod", "kinesis:DeleteStream", "kinesis:PutRecord", "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration", "lambda:DeleteFunction", "lambda:DeleteEventSourceMapping",
        "lambda:UpdateEventSourceMapping",
      ],
    )) == 0
    error_message = "Break-glass may destroy or sign."
  }

  # What it writes is what `cairn recover` and `cairn resume` do.
  assert {
    condition = {
      for statement in jsondecode(output.policies.break_glass).Statement : statement.Sid => jsonencode([
        statement.Action, try(statement.Resource, null), try(statement.NotResource, null), try(statement.Condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"], null),
      ])
      if length(setintersection(flatten([try(statement.Action, [])]), ["dynamodb:PutItem", "dynamodb:UpdateItem", "kms:GenerateDataKey", "s3:PutObject", "s3:PutObjectRetention"])) > 0
      } == {
      RecoverTheTable         = jsonencode([["dynamodb:UpdateItem", "dynamodb:PutItem"], var.table_arn, null, ["log", "chains", "chain#*"]])
      PutCursorsAndOrders     = jsonencode([["s3:PutObjectRetention", "s3:PutObject"], reverse(local.put), null, null])
      EncryptCursorsAndOrders = jsonencode(["kms:GenerateDataKey", var.keys.data, null, null])
      NothingElseIsPut        = jsonencode([["s3:PutObjectRetention", "s3:PutObject"], null, reverse(local.put), null])
    }
    error_message = "Break-glass may write more than recovery and orders do, or less."
  }

  assert {
    condition     = local.put == ["${var.archive_bucket_arn}/log/cursors/*", "${var.archive_bucket_arn}/orders/*"]
    error_message = "Break-glass may put something else than cursors and orders."
  }

  assert {
    condition = one([
      for statement in jsondecode(output.policies.break_glass).Statement :
      toset(statement.NotAction) == toset(flatten([
        for allowed in jsondecode(output.policies.break_glass).Statement : allowed.Action
        if allowed.Effect == "Allow" && length(setintersection(flatten([try(allowed.Resource, [])]), concat(statement.Resource, local.put))) > 0
      ])) && length(setsubtract(concat(local.evidence, local.function_arns, [var.functions.mapping_arn]), statement.Resource)) == 0
      if statement.Sid == "NothingThatDestroys"
    ])
    error_message = "What is denied to break-glass is not everything but what it is allowed."
  }
}

run "with_a_trail" {
  command = apply

  variables {
    trail = { bucket_arn = "arn:aws:s3:::acme-trail", key_arn = "arn:aws:kms:eu-central-1:111122223333:key/trail" }
  }

  assert {
    condition = jsonencode([
      for statement in jsondecode(output.policies.auditor).Statement : [statement.Action, statement.Resource] if endswith(statement.Sid, "TheTrail")
      ]) == jsonencode([
      [["s3:ListBucket", "s3:GetObject"], ["arn:aws:s3:::acme-trail/*", "arn:aws:s3:::acme-trail"]],
      ["kms:Decrypt", var.trail.key_arn],
    ])
    error_message = "Auditors cannot read who used the evidence, or may do more with that."
  }
}

run "nobody_but_operators_by_default" {
  command = apply

  assert {
    condition     = output.auditor_role_arn == null && output.tenant_auditor_role_arn == null && output.break_glass_role_arn == null && output.operator_role_arn != null
    error_message = "A role was made that nobody asked for, or the operators' was not."
  }
}

run "who_signs_in_elsewhere" {
  command = apply

  variables {
    operators = { principals = ["arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Operator_0123456789abcdef"], mfa = false }
  }

  assert {
    condition     = !can(jsondecode(aws_iam_role.operator.assume_role_policy).Statement[0].Condition) && strcontains(aws_iam_role.operator.assume_role_policy, "AWSReservedSSO_Operator")
    error_message = "Operators who sign in with an identity provider do not get in."
  }
}

run "whole_account_without_mfa" {
  command = plan

  variables {
    operators = { mfa = false }
  }

  expect_failures = [var.operators]
}

run "whole_account_decides_tenants" {
  command = plan

  variables {
    tenant_auditors = { principals = ["arn:aws:iam::111122223333:root"] }
  }

  expect_failures = [var.tenant_auditors]
}

run "anybody_audits" {
  command = plan

  variables {
    auditors = { principals = ["*"] }
  }

  expect_failures = [var.auditors]
}

run "role_breaks_glass" {
  command = plan

  variables {
    break_glass = { principals = ["arn:aws:iam::111122223333:role/admin"] }
  }

  expect_failures = [var.break_glass]
}

run "one_key_for_all" {
  command = plan

  variables {
    keys = {
      data    = "arn:aws:kms:eu-central-1:111122223333:key/data"
      ledger  = "arn:aws:kms:eu-central-1:111122223333:key/data"
      signing = ["arn:aws:kms:eu-central-1:111122223333:key/signing"]
    }
  }

  expect_failures = [var.keys]
}

run "results_under_the_key_of_the_evidence" {
  command = plan

  variables {
    query = {
      workgroup_arn      = "arn:aws:athena:eu-central-1:111122223333:workgroup/cairn"
      database           = "cairn"
      tables             = ["events"]
      results_bucket_arn = "arn:aws:s3:::acme-results"
      results_key_arn    = "arn:aws:kms:eu-central-1:111122223333:key/data"
      tenant = {
        workgroup_arn = "arn:aws:athena:eu-central-1:111122223333:workgroup/cairn-tenants"
        table         = "tenant_events"
      }
    }
  }

  expect_failures = [var.query]
}

run "no_logs" {
  command = plan

  variables {
    functions = {
      ingest_arn     = "arn:aws:lambda:eu-central-1:111122223333:function:cairn-ingest"
      checkpoint_arn = "arn:aws:lambda:eu-central-1:111122223333:function:cairn-checkpoint"
      mapping_arn    = "arn:aws:lambda:eu-central-1:111122223333:event-source-mapping:0b1c"
      log_group_arns = []
    }
  }

  expect_failures = [var.functions]
}
