# Under a stand-in for the provider: a real account would be changed, and none has this number.
provider "aws" {
  allowed_account_ids = ["123456789012"]
  region              = "eu-central-1"
}

variables {
  name              = "cairn"
  origin            = "audit.example.com/prod"
  topic_kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000004"
  runbooks_url      = "https://git.example.com/cairn/blob/main/infra/runbooks"
  schedule          = "cairn-checkpoint"
  signer_role_arn   = "arn:aws:iam::111122223333:role/cairn-checkpoint"

  functions = {
    ingest = {
      name            = "cairn-ingest"
      arn             = "arn:aws:lambda:eu-central-1:111122223333:function:cairn-ingest"
      log_group       = "/aws/lambda/cairn-ingest"
      timeout_seconds = 60
      memory_mb       = 512
    }
    checkpoint = {
      name            = "cairn-checkpoint"
      arn             = "arn:aws:lambda:eu-central-1:111122223333:function:cairn-checkpoint"
      log_group       = "/aws/lambda/cairn-checkpoint"
      timeout_seconds = 60
      memory_mb       = 512
    }
  }

  stream = {
    name = "cairn-events"
    arn  = "arn:aws:kinesis:eu-central-1:111122223333:stream/cairn-events"
  }

  table = {
    name = "cairn-ledger"
    arn  = "arn:aws:dynamodb:eu-central-1:111122223333:table/cairn-ledger"
  }

  buckets = {
    archive = "example-archive"
    expired = "example-expired"
    others  = ["example-access-logs"]
  }

  keys = {
    data    = "arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000001"
    ledger  = "arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000002"
    signing = ["arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000003"]
  }

  roles = ["cairn-ingest", "cairn-checkpoint", "cairn-schedule", "cairn-operator", "cairn-break-glass", "cairn-replication"]
  fed   = true

  break_glass = {
    role_arn = "arn:aws:iam::111122223333:role/cairn-break-glass"
  }

  replication = {
    source_bucket      = "example-archive"
    destination_bucket = "example-replica"
    region             = "eu-west-1"
    rule_id            = "everything"
  }

  intake = {
    name  = "cairn-intake"
    stage = "v1"
  }

  subscriptions = {
    on-call = { protocol = "https", endpoint = "https://pager.example.com/cairn" }
    team    = { protocol = "email", endpoint = "audit@example.com" }
  }
}

run "alarms" {
  command = apply

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset([aws_sns_topic.alarms.arn])
    ])
    error_message = "An alarm tells nobody."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this :
      fileexists(format(
        "../../runbooks/%s",
        try(regex("^[^\n]+[.] Runbook: https://git[.]example[.]com/cairn/blob/main/infra/runbooks/([a-z-]+[.]md)$", alarm.alarm_description)[0], "none"),
      ))
    ])
    error_message = "The description of an alarm is not a sentence and the link of a runbook that exists."
  }

  # An alarm that is told of when it is over, though a person must say so.
  assert {
    condition = alltrue([
      for id in ["chain-stopped", "chain-blocked", "chain-broken", "records-undelivered", "replication-failed"] :
      length(aws_cloudwatch_metric_alarm.this[id].ok_actions) == 0
    ])
    error_message = "What is about evidence must not seem over by itself."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this["backlog"].ok_actions) == 1
    error_message = "Nobody is told that the backlog is over."
  }

  assert {
    condition = alltrue(flatten([
      for alarm in aws_cloudwatch_metric_alarm.this : [
        for query in alarm.metric_query : [
          for metric in query.metric : contains(
            [for found in regexall("[A-Z_]+ = \"([A-Za-z]+)\", [A-Z]", file("../../../shared/metrics/src/catalogue.rs")) : found[0]],
            metric.metric_name,
          ) && metric.dimensions == tomap({ Origin = "audit.example.com/prod" }) if metric.namespace == "Cairn"
        ]
      ]
    ]))
    error_message = "An alarm is about a metric that the functions do not write."
  }

  # Metric math takes ten metrics; all of one alarm have one period, of which CloudWatch looks back a day at most.
  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this :
      length(flatten([for query in alarm.metric_query : query.metric])) <= 10
      && length([for query in alarm.metric_query : query if query.return_data == true]) == 1
      && alltrue([
        for metric in flatten([for query in alarm.metric_query : query.metric]) :
        metric.period * alarm.evaluation_periods <= 86400 && contains([0], metric.period % 60)
      ])
    ])
    error_message = "CloudWatch would refuse an alarm."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this : alltrue([
        for query in alarm.metric_query : can(regex("^[a-z][a-zA-Z0-9_]*$", query.id))
      ])
    ])
    error_message = "An id of a metric is none."
  }

  # Silence alarms where there must be a tick or a read, and nowhere else: a deployment without events is fine.
  assert {
    condition = [
      for id, alarm in aws_cloudwatch_metric_alarm.this : id if alarm.treat_missing_data != "notBreaching"
    ] == ["checkpoint-silent", "stream-unread"]
    error_message = "Missing numbers are a fault for checkpoint-silent and stream-unread alone."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this["stream-unread"].treat_missing_data == "breaching"
      && aws_cloudwatch_metric_alarm.this["stream-unread"].comparison_operator == "LessThanThreshold"
      && aws_cloudwatch_metric_alarm.this["stream-unread"].threshold == 1
      && [for metric in flatten([for query in aws_cloudwatch_metric_alarm.this["stream-unread"].metric_query : query.metric]) :
      [metric.namespace, metric.metric_name, metric.stat, metric.dimensions.StreamName]] == [["AWS/Kinesis", "GetRecords.Success", "Sum", "cairn-events"]]
    )
    error_message = "A stream that nobody reads must alarm, whether records arrive or not."
  }

  assert {
    condition = [for metric in flatten([for query in aws_cloudwatch_metric_alarm.this["replication-failed"].metric_query : query.metric]) :
      [metric.namespace, metric.metric_name, metric.dimensions]] == [["AWS/S3", "OperationsFailedReplication", tomap({
        SourceBucket = "example-archive", DestinationBucket = "example-replica", RuleId = "everything"
    })]]
    error_message = "What fails to be replicated must alarm."
  }

  # Where S3 tells it.
  assert {
    condition = (
      aws_cloudwatch_metric_alarm.replication_late[0].region == "eu-west-1"
      && aws_cloudwatch_metric_alarm.replication_late[0].threshold == 3600
      && aws_cloudwatch_metric_alarm.replication_late[0].dimensions == tomap({
        SourceBucket = "example-archive", DestinationBucket = "example-replica", RuleId = "everything"
      })
      && jsondecode(aws_cloudwatch_event_rule.this["replication-late"].event_pattern).resources == [aws_cloudwatch_metric_alarm.replication_late[0].arn]
      && fileexists("../../runbooks/replication.md")
    )
    error_message = "A replica that is an hour behind must be told of."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this["checkpoint-silent"].treat_missing_data == "breaching"
      && aws_cloudwatch_metric_alarm.this["checkpoint-silent"].comparison_operator == "LessThanThreshold"
      && aws_cloudwatch_metric_alarm.this["checkpoint-silent"].evaluation_periods == 10
    )
    error_message = "Ten minutes without a tick must alarm."
  }

  assert {
    condition = (
      [for query in aws_cloudwatch_metric_alarm.this["checkpoint-stale"].metric_query : query.expression if query.return_data == true]
      == ["IF(FILL(batches, 0) > 0 AND FILL(entries, 0) == 0, 1, 0)"]
      && aws_cloudwatch_metric_alarm.this["checkpoint-stale"].datapoints_to_alarm == 2
    )
    error_message = "What is sealed must be logged, and a quiet deployment must not alarm."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["backlog"].threshold == 600000 && aws_cloudwatch_metric_alarm.this["ingest-slow"].threshold == 48000
    error_message = "Lambda counts in milliseconds."
  }

  # As the functions' code has them.
  assert {
    condition = {
      for alarm, filter in aws_cloudwatch_log_metric_filter.alarm : alarm => filter.log_group_name
      } == merge([
        for function in ["ingest", "checkpoint"] : merge([
          for source in fileset("../../../functions/${function}/src", "**/*.rs") : {
            for found in regexall("alarm = \"([a-z.]+)\"", file("../../../functions/${function}/src/${source}")) : found[0] => "/aws/lambda/cairn-${function}"
          }
        ]...)
    ]...)
    error_message = "The functions' logs have another alarm than the filters look for."
  }

  # One filter for each value of the field `alarm`, and an alarm for each filter.
  assert {
    condition = {
      for filter in aws_cloudwatch_log_metric_filter.alarm : filter.pattern => filter.log_group_name
      } == {
      "{ $.fields.alarm = \"chain.stopped\" }"     = "/aws/lambda/cairn-ingest"
      "{ $.fields.alarm = \"chain.blocked\" }"     = "/aws/lambda/cairn-ingest"
      "{ $.fields.alarm = \"chain.broken\" }"      = "/aws/lambda/cairn-checkpoint"
      "{ $.fields.alarm = \"checkpoint.failed\" }" = "/aws/lambda/cairn-checkpoint"
    }
    error_message = "The functions' own alarms are not all found in their logs."
  }

  assert {
    condition = alltrue(flatten([
      for filter in aws_cloudwatch_log_metric_filter.alarm : [
        for made in filter.metric_transformation : contains(
          flatten([
            for alarm in aws_cloudwatch_metric_alarm.this : [
              for query in alarm.metric_query : [for metric in query.metric : "${metric.namespace}/${metric.metric_name}"]
            ]
          ]),
          "${made.namespace}/${made.name}",
        )
      ]
    ]))
    error_message = "A filter counts, and no alarm looks."
  }
}

run "topic" {
  command = apply

  assert {
    condition     = aws_sns_topic.alarms.kms_master_key_id == var.topic_kms_key_arn
    error_message = "The topic is not encrypted under its key."
  }

  assert {
    condition = anytrue([
      for statement in jsondecode(aws_sns_topic_policy.alarms.policy).Statement :
      statement.Effect == "Deny" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false"
      && contains(flatten([statement.Action]), "sns:Publish")
    ])
    error_message = "The topic takes messages without TLS."
  }

  assert {
    condition = anytrue([
      for statement in jsondecode(aws_sns_topic_policy.alarms.policy).Statement :
      statement.Effect == "Deny" && try(statement.Condition.StringEquals["sns:Protocol"], "") == "http"
    ])
    error_message = "A subscriber may be told without TLS."
  }

  # Whoever may publish, may do so for this account.
  assert {
    condition = [
      for statement in jsondecode(aws_sns_topic_policy.alarms.policy).Statement :
      [statement.Principal.Service, try(keys(statement.Condition), [])] if statement.Effect == "Allow"
      ] == [
      ["cloudwatch.amazonaws.com", ["ArnLike", "StringEquals"]],
      ["events.amazonaws.com", []],
    ]
    error_message = "Alarms publish for this account alone; EventBridge publishes without conditions, as it supports none."
  }

  assert {
    condition     = length(aws_sns_topic_subscription.this) == 2
    error_message = "A subscriber is missing."
  }
}

run "notices" {
  command = apply

  assert {
    condition = alltrue([
      for id, rule in aws_cloudwatch_event_rule.this :
      aws_cloudwatch_event_target.this[id].arn == aws_sns_topic.alarms.arn && aws_cloudwatch_event_target.this[id].rule == rule.name
    ])
    error_message = "A rule tells nobody."
  }

  # A JSON string in one line, whose last word is the link; its variables are those of the paths.
  assert {
    condition = alltrue([
      for target in aws_cloudwatch_event_target.this : fileexists(format("../../runbooks/%s", try(regex(
        "^cairn: .+ Runbook: https://git[.]example[.]com/cairn/blob/main/infra/runbooks/([a-z-]+[.]md)$",
        jsondecode(target.input_transformer[0].input_template),
      )[0], "none")))
    ])
    error_message = "A notice is not a sentence and the link of a runbook that exists."
  }

  assert {
    condition = alltrue([
      for target in aws_cloudwatch_event_target.this : (
        toset([for found in regexall("<([a-z]+)>", target.input_transformer[0].input_template) : found[0]])
        == toset(keys(target.input_transformer[0].input_paths))
      )
    ])
    error_message = "A notice has a variable without a path, or a path without a variable."
  }

  # Of AWS's own events alone: anybody in the account can put others on the bus.
  assert {
    condition = alltrue([
      for rule in aws_cloudwatch_event_rule.this : contains(["aws.", "aws.cloudwatch", "aws.s3"], try(
        jsondecode(rule.event_pattern).source[0].prefix, jsondecode(rule.event_pattern).source[0],
      ))
    ])
    error_message = "A rule hears events that are not AWS's."
  }

  # CloudTrail calls these reads.
  assert {
    condition = toset([
      for id, rule in aws_cloudwatch_event_rule.this : id if rule.state == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    ]) == toset(["key-misuse", "break-glass", "role-changed"])
    error_message = "Signing and assuming a role are reads to CloudTrail: these rules must see them."
  }

  assert {
    condition = (
      jsondecode(aws_cloudwatch_event_rule.this["key-misuse"].event_pattern).detail["$or"][0].userIdentity.sessionContext.sessionIssuer.arn[0]["anything-but"]
      == [var.signer_role_arn]
    )
    error_message = "The checkpoint function's signatures are no misuse; all others are."
  }

  assert {
    condition = alltrue([
      for key in concat([var.keys.data, var.keys.ledger, var.topic_kms_key_arn], var.keys.signing) :
      contains(jsondecode(aws_cloudwatch_event_rule.this["key-changed"].event_pattern).detail["$or"][0].resources.ARN, key)
    ])
    error_message = "A key is not watched."
  }

  assert {
    condition = (
      jsondecode(aws_cloudwatch_event_rule.this["bucket-changed"].event_pattern).detail["$or"][0].requestParameters.bucketName
      == ["example-archive", "example-expired", "example-access-logs"]
    )
    error_message = "A bucket is not watched."
  }

  # Becoming it by the API, by the console, and whatever a session calls.
  assert {
    condition = (
      jsondecode(aws_cloudwatch_event_rule.this["break-glass"].event_pattern).detail-type
      == ["AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"]
      && jsondecode(aws_cloudwatch_event_rule.this["break-glass"].event_pattern).detail["$or"] == [
        { eventName = [{ prefix = "AssumeRole" }], requestParameters = { roleArn = [var.break_glass.role_arn] } },
        { eventName = ["SwitchRole"], userIdentity = { arn = [{ prefix = "arn:aws:sts::111122223333:assumed-role/cairn-break-glass/" }] } },
        { managementEvent = [true], userIdentity = { sessionContext = { sessionIssuer = { arn = [var.break_glass.role_arn] } } } },
      ]
    )
    error_message = "There is a way to use the break-glass role unheard."
  }

  assert {
    condition = toset(jsondecode(aws_cloudwatch_event_rule.this["role-changed"].event_pattern).detail["$or"][0].requestParameters.roleName) == toset(concat(
      var.roles, [for role in aws_iam_role.forward : role.name],
    ))
    error_message = "A role's change is not told of."
  }

  # Roles of services, and neither operator's nor break-glass's, which persons become.
  assert {
    condition = alltrue([
      for way in [
        jsondecode(aws_cloudwatch_event_rule.this["role-changed"].event_pattern).detail["$or"][1].requestParameters.roleArn,
        jsondecode(aws_cloudwatch_event_rule.this["role-changed"].event_pattern).detail["$or"][2].requestParameters.role,
      ] : [for arn in way : split("/", arn)[1]] == ["cairn-ingest", "cairn-checkpoint", "cairn-schedule", "cairn-replication"]
    ])
    error_message = "A person may become a service's role unheard, or a person's role is taken for a service's."
  }

  # All that it hears of, by name: these are ways to take evidence apart without deleting it.
  assert {
    condition = alltrue([
      for rule, call in {
        "bucket-changed.1"   = "PutObjectTagging", "bucket-changed.2" = "PutObjectAcl", "bucket-changed.3" = "CreateAccessPoint",
        "table-changed.1"    = "DeleteBackup", "function-changed.1" = "PutRuntimeManagementConfig",
        "watching-changed.1" = "AddPermission", "watching-changed.2" = "RemovePermission",
      } : strcontains(aws_cloudwatch_event_rule.this[split(".", rule)[0]].event_pattern, "\"${call}\"")
    ])
    error_message = "A call that changes protection is not told of."
  }

  # Each hears there what it hears here, and puts it on this region's bus.
  assert {
    condition = { for id, rule in aws_cloudwatch_event_rule.elsewhere : id => rule.region } == {
      break-glass      = "us-east-1"
      role-changed     = "us-east-1"
      watching-changed = "us-east-1"
      replication-late = "eu-west-1"
    }
    error_message = "What is told in another region is not forwarded."
  }

  assert {
    condition = alltrue([
      for id, rule in aws_cloudwatch_event_rule.elsewhere :
      rule.event_pattern == aws_cloudwatch_event_rule.this[id].event_pattern && rule.state == aws_cloudwatch_event_rule.this[id].state
      && aws_cloudwatch_event_target.elsewhere[id].rule == rule.name && aws_cloudwatch_event_target.elsewhere[id].region == rule.region
      && aws_cloudwatch_event_target.elsewhere[id].arn == "arn:aws:events:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:event-bus/default"
      && aws_cloudwatch_event_target.elsewhere[id].role_arn == aws_iam_role.forward[0].arn
    ])
    error_message = "A rule elsewhere does not forward what its twin waits for."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.forward[0].policy).Statement : [statement.Effect, statement.Action, statement.Resource]
      ] == [
      ["Allow", "events:PutEvents", aws_cloudwatch_event_target.elsewhere["role-changed"].arn]
    ]
    error_message = "The role that forwards may do more."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role.forward[0].assume_role_policy).Statement :
      statement.Principal == { Service = "events.amazonaws.com" } && statement.Condition.StringEquals["aws:SourceAccount"] == data.aws_caller_identity.current.account_id
      && length(statement.Condition.ArnEquals["aws:SourceArn"]) == length(aws_cloudwatch_event_rule.elsewhere)
    ])
    error_message = "Somebody other than these rules may forward."
  }

  assert {
    condition = (
      jsondecode(aws_cloudwatch_event_rule.this["expired"].event_pattern)
      == { source = ["aws.s3"], detail-type = ["Object Created"], detail = { bucket = { name = ["example-expired"] } } }
    )
    error_message = "What expires is not told of."
  }

  assert {
    condition = toset(flatten([
      for query in aws_cloudwatch_metric_alarm.this["notices-undelivered"].metric_query : [for metric in query.metric : metric.dimensions.RuleName]
    ])) == toset([for id, rule in aws_cloudwatch_event_rule.this : rule.name if id != "replication-late"])
    error_message = "A rule whose notices are not delivered goes unseen."
  }
}

run "dashboard" {
  command = apply

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) > 12
    error_message = "The dashboard is not JSON of widgets."
  }

  assert {
    condition = alltrue([
      for found in regexall("[A-Z_]+ = \"([A-Za-z]+)\", [A-Z]", file("../../../shared/metrics/src/catalogue.rs")) :
      contains(flatten([
        for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [
          for metric in try(widget.properties.metrics, []) : try("${metric[0]}/${metric[1]}/${metric[2]}=${metric[3]}", "")
        ]
      ]), "Cairn/${found[0]}/Origin=audit.example.com/prod")
    ])
    error_message = "The dashboard lacks a metric of the catalogue."
  }

  # That there is a catalogue to compare with.
  assert {
    condition     = length(regexall("[A-Z_]+ = \"([A-Za-z]+)\", [A-Z]", file("../../../shared/metrics/src/catalogue.rs"))) == length(local.catalogue)
    error_message = "The module's catalogue is not that of shared/metrics."
  }

  assert {
    condition = alltrue([
      for runbook in values(output.runbooks) :
      strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.markdown, "/infra/runbooks/${runbook})")
    ])
    error_message = "The dashboard does not link to a runbook."
  }

  # Widgets beside each other, none upon another.
  assert {
    condition = length(distinct([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : "${widget.x},${widget.y}"
    ])) == length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets)
    error_message = "Two widgets lie at one place."
  }

  # The index of runbooks names each alarm and notice, with its file.
  assert {
    condition = alltrue([
      for name, runbook in output.runbooks :
      can(regex("\\| `${trimprefix(name, "cairn-")}` \\|[^\n]*\\]\\(${runbook}\\)", file("../../runbooks/README.md")))
    ])
    error_message = "runbooks/README.md does not list: ${join(", ", [
      for name, runbook in output.runbooks : name
      if !can(regex("\\| `${trimprefix(name, "cairn-")}` \\|[^\n]*\\]\\(${runbook}\\)", file("../../runbooks/README.md")))
    ])}."
  }

  assert {
    condition = length(output.runbooks) > 0 && alltrue([
      for file in fileset("../../runbooks", "*.md") : file == "README.md" || strcontains(file("../../runbooks/README.md"), "](${file})")
    ])
    error_message = "runbooks/README.md does not list a runbook."
  }

  # What is done by hand is undone by the next apply, which must be said where it is done; and who may break glass has no right to the mapping.
  assert {
    condition = length(output.runbooks) > 0 && alltrue([
      for file in fileset("../../runbooks", "*.md") :
      !strcontains(file("../../runbooks/${file}"), "update-event-source-mapping")
      && (!can(regex("increase-stream-retention-period|put-function-concurrency", file("../../runbooks/${file}"))) || (
        strcontains(file("../../runbooks/${file}"), "retention_hours") && can(regex("(?i)never apply", file("../../runbooks/${file}")))
      ))
    ])
    error_message = "A runbook changes by hand what the next apply undoes, and does not say so."
  }
}

run "less" {
  command = apply

  variables {
    break_glass   = null
    fed           = false
    intake        = null
    replication   = null
    subscriptions = {}
  }

  assert {
    condition = (
      length(setintersection(keys(aws_cloudwatch_event_rule.this), ["break-glass", "replication-late"])) == 0
      && length(setintersection(keys(aws_cloudwatch_metric_alarm.this), ["intake-errors", "replication-failed", "stream-unread"])) == 0
      && length(aws_cloudwatch_metric_alarm.replication_late) == 0
    )
    error_message = "What is not there is watched."
  }
}

# Here the rules hear all by themselves.
run "in_the_global_region" {
  command = apply

  override_data {
    target = data.aws_region.current
    values = { region = "us-east-1" }
  }

  variables {
    replication = {
      source_bucket      = "example-archive"
      destination_bucket = "example-replica"
      region             = "us-east-1"
      rule_id            = "everything"
    }
  }

  assert {
    condition     = length(aws_cloudwatch_event_rule.elsewhere) == 0 && length(aws_iam_role.forward) == 0 && contains(keys(aws_cloudwatch_event_rule.this), "role-changed")
    error_message = "A region forwards to itself."
  }
}

# EventBridge would refuse to forward.
run "in_another_partition" {
  command = apply

  override_data {
    target = data.aws_partition.current
    values = { partition = "aws-us-gov" }
  }

  assert {
    condition     = length(aws_cloudwatch_event_rule.elsewhere) == 0 && length(aws_iam_role.forward) == 0
    error_message = "A rule forwards where EventBridge does not."
  }
}

# Patterns stay within EventBridge's 2,048 characters, by a precondition of each rule.
run "long_names" {
  command = apply

  variables {
    name              = "n2345678901234567890123456789012"
    topic_kms_key_arn = "arn:aws-us-gov:kms:ap-southeast-99:111122223333:key/mrk-0a1b2c3d00004000800000000000000004"
    schedule          = "n2345678901234567890123456789012-checkpoint"
    roles             = [for role in ["ingest", "checkpoint", "schedule", "operator", "auditor", "tenant-auditor", "break-glass", "replication"] : "n2345678901234567890123456789012-${role}"]
    break_glass       = { role_arn = "arn:aws-us-gov:iam::111122223333:role/n2345678901234567890123456789012-break-glass" }

    functions = {
      ingest = {
        name            = "n2345678901234567890123456789012-ingest"
        arn             = "arn:aws-us-gov:lambda:ap-southeast-99:111122223333:function:n2345678901234567890123456789012-ingest"
        log_group       = "/aws/lambda/n2345678901234567890123456789012-ingest"
        timeout_seconds = 900
        memory_mb       = 10240
      }
      checkpoint = {
        name            = "n2345678901234567890123456789012-checkpoint"
        arn             = "arn:aws-us-gov:lambda:ap-southeast-99:111122223333:function:n2345678901234567890123456789012-checkpoint"
        log_group       = "/aws/lambda/n2345678901234567890123456789012-checkpoint"
        timeout_seconds = 900
        memory_mb       = 10240
      }
    }

    keys = {
      data   = "arn:aws-us-gov:kms:ap-southeast-99:111122223333:key/mrk-0a1b2c3d00004000800000000000000001"
      ledger = "arn:aws-us-gov:kms:ap-southeast-99:111122223333:key/mrk-0a1b2c3d00004000800000000000000002"
      signing = [
        "arn:aws-us-gov:kms:ap-southeast-99:111122223333:key/mrk-0a1b2c3d00004000800000000000000003",
        "arn:aws-us-gov:kms:ap-southeast-99:111122223333:key/mrk-0a1b2c3d00004000800000000000000005",
        "arn:aws-us-gov:kms:ap-southeast-99:111122223333:key/mrk-0a1b2c3d00004000800000000000000006",
      ]
    }
  }

  assert {
    condition     = alltrue([for rule in aws_cloudwatch_event_rule.this : length(rule.event_pattern) <= 2048 && length(rule.name) <= 64])
    error_message = "EventBridge would refuse a rule."
  }
}

run "plain_http" {
  command = plan

  variables {
    subscriptions = { x = { protocol = "http", endpoint = "http://pager.example.com" } }
  }

  expect_failures = [var.subscriptions]
}

run "link_without_tls" {
  command = plan

  variables {
    runbooks_url = "http://git.example.com/runbooks/"
  }

  expect_failures = [var.runbooks_url]
}

run "too_late" {
  command = plan

  variables {
    thresholds = { backlog_hours = 144 }
  }

  expect_failures = [var.thresholds]
}

run "replica_too_soon" {
  command = plan

  variables {
    thresholds = { replication_minutes = 14 }
  }

  expect_failures = [var.thresholds]
}
