# What CloudTrail and S3 tell EventBridge, and a person must hear of. CloudTrail's events come within minutes, where a trail
# of the account logs management events, reads and KMS included.

locals {
  called = {
    source      = [{ prefix = "aws." }]
    detail-type = ["AWS API Call via CloudTrail"]
  }

  all_keys = concat([var.keys.data, var.keys.ledger, var.topic_kms_key_arn], var.keys.signing, var.keys.others)

  # All that Lambda takes for a function's name.
  function_names = flatten([
    for function in var.functions : [function.name, function.arn, "${local.account}:function:${function.name}"]
  ])

  # What services alone may become.
  service_roles = [
    for role in ["ingest", "checkpoint", "schedule", "replication"] : "${local.role}/${var.name}-${role}"
    if contains(var.roles, "${var.name}-${role}")
  ]

  # Where IAM, STS's global endpoint, and most sign-ins to the console are told of.
  global = "us-east-1"

  # Whoever calls is told of, permitted or refused.
  call = {
    paths = {
      call   = "$.detail.eventName"
      who    = "$.detail.userIdentity.arn"
      from   = "$.detail.sourceIPAddress"
      error  = "$.detail.errorCode"
      when   = "$.time"
      lookup = "$.detail.eventID"
    }
    text = "<call> by <who> from <from> at <when> (error, if any: <error>). CloudTrail event: <lookup>."
  }

  notices = merge(
    {
      expired = {
        about   = "Records expired before ingest could seal them: they lie in ${var.buckets.expired}, and are not in a chain until they are redriven."
        runbook = "expired"
        pattern = jsonencode({
          source      = ["aws.s3"]
          detail-type = ["Object Created"]
          detail      = { bucket = { name = [var.buckets.expired] } }
        })
        paths = { key = "$.detail.object.key", when = "$.time" }
        text  = "Object <key> at <when>."
      }
      key-misuse = merge(local.call, {
        about   = "Somebody other than the checkpoint function signed with its key, or the use of a key was refused."
        runbook = "key-misuse"
        reads   = true
        pattern = jsonencode(merge(local.called, {
          detail = {
            eventSource = ["kms.amazonaws.com"]
            "$or" = [
              {
                eventName    = ["Sign"]
                resources    = { ARN = var.keys.signing }
                userIdentity = { sessionContext = { sessionIssuer = { arn = [{ anything-but = [var.signer_role_arn] }, { exists = false }] } } }
              },
              { errorCode = [{ prefix = "AccessDenied" }], resources = { ARN = local.all_keys } },
              # KMS does not always name the key of a call that it refuses: hence each refusal to sign, whatever the key.
              { errorCode = [{ prefix = "AccessDenied" }], eventName = ["Sign"] },
            ]
          }
        }))
      })
      key-changed = merge(local.call, {
        about   = "A key's policy, grants, state or alias was changed."
        runbook = "key-misuse"
        pattern = jsonencode(merge(local.called, {
          detail = {
            eventSource = ["kms.amazonaws.com"]
            eventName = [
              "CancelKeyDeletion", "CreateAlias", "CreateGrant", "DeleteAlias", "DisableKey", "DisableKeyRotation", "EnableKey",
              "PutKeyPolicy", "ReplicateKey", "ScheduleKeyDeletion", "UpdateAlias",
            ]
            "$or" = [
              { resources = { ARN = local.all_keys } },
              { requestParameters = { aliasName = [{ prefix = "alias/${var.name}-" }] } },
            ]
          }
        }))
      })
      bucket-changed = merge(local.call, {
        about   = "The protection of a bucket was changed, or an object's deletion, retention, tags or access were tried, or an access point was made."
        runbook = "protection-changed"
        pattern = jsonencode(merge(local.called, {
          detail = {
            eventSource = ["s3.amazonaws.com"]
            "$or" = [
              {
                # Those of objects come where a trail logs the bucket's data events. The functions set retention with their puts.
                eventName = [
                  { prefix = "PutBucket" }, { prefix = "DeleteBucket" },
                  { prefix = "PutObjectLock" }, "PutObjectRetention", "PutObjectLegalHold", "PutObjectTagging", "PutObjectAcl",
                  "DeleteObject", "DeleteObjects",
                ]
                requestParameters = { bucketName = concat([var.buckets.archive, var.buckets.expired], var.buckets.others) }
              },
              # Of any bucket: such a call does not name it as the others do.
              { eventName = [{ prefix = "CreateAccessPoint" }] },
            ]
          }
        }))
      })
      table-changed = merge(local.call, {
        about   = "The ledger table or its backups were changed, or it was restored from a backup."
        runbook = "protection-changed"
        pattern = jsonencode(merge(local.called, {
          detail = {
            eventSource = ["dynamodb.amazonaws.com"]
            eventName = [
              "DeleteBackup", "DeleteResourcePolicy", "DeleteTable", "PutResourcePolicy", "RestoreTableFromBackup", "RestoreTableToPointInTime",
              "UpdateContinuousBackups", "UpdateTable", "UpdateTimeToLive",
            ]
            "$or" = [
              { requestParameters = { tableName = [var.table.name, var.table.arn] } },
              { requestParameters = { resourceArn = [var.table.arn] } },
              { requestParameters = { sourceTableName = [var.table.name] } },
              { requestParameters = { sourceTableArn = [var.table.arn] } },
              { requestParameters = { backupArn = [{ prefix = "${var.table.arn}/" }] } },
            ]
          }
        }))
      })
      stream-changed = merge(local.call, {
        about   = "The stream's retention, encryption or policy was changed, or it was deleted."
        runbook = "protection-changed"
        pattern = jsonencode(merge(local.called, {
          detail = {
            eventSource = ["kinesis.amazonaws.com"]
            eventName = [
              "DecreaseStreamRetentionPeriod", "DeleteResourcePolicy", "DeleteStream", "PutResourcePolicy", "StartStreamEncryption",
              "StopStreamEncryption",
            ]
            "$or" = [
              { requestParameters = { streamName = [var.stream.name] } },
              { requestParameters = { streamARN = [var.stream.arn] } },
              { requestParameters = { resourceARN = [var.stream.arn] } },
            ]
          }
        }))
      })
      function-changed = merge(local.call, {
        about   = "A function's code, settings or event source was changed: what seals and signs may be another one now."
        runbook = "protection-changed"
        pattern = jsonencode(merge(local.called, {
          detail = {
            eventSource = ["lambda.amazonaws.com"]
            # Prefixes: CloudTrail appends the version of the API.
            eventName = [for name in [
              "AddPermission", "CreateEventSourceMapping", "CreateFunctionUrlConfig", "DeleteEventSourceMapping", "DeleteFunction",
              "PutFunctionConcurrency", "PutRuntimeManagementConfig", "UpdateEventSourceMapping", "UpdateFunction",
            ] : { prefix = name }]
            # A call about a mapping names the function in its answer alone.
            "$or" = [
              { requestParameters = { functionName = local.function_names } },
              { responseElements = { functionArn = [for function in var.functions : function.arn] } },
            ]
          }
        }))
      })
      role-changed = merge(local.call, {
        about   = "Trust or policy of a role was changed, or somebody tried to take over the role of a service."
        runbook = "role-changed"
        reads   = true
        region  = local.global
        pattern = jsonencode(merge(local.called, {
          detail = {
            "$or" = [
              {
                eventSource = ["iam.amazonaws.com"]
                eventName = [
                  "AttachRolePolicy", "DeleteRole", "DeleteRolePermissionsBoundary", "DeleteRolePolicy", "DetachRolePolicy",
                  "PutRolePermissionsBoundary", "PutRolePolicy", "UpdateAssumeRolePolicy",
                ]
                requestParameters = { roleName = concat(var.roles, [local.forward_role]) }
              },
              {
                eventName         = [{ prefix = "AssumeRole" }]
                requestParameters = { roleArn = local.service_roles }
                userIdentity      = { type = [{ anything-but = ["AWSService"] }] }
              },
              # Another function is another way to become it.
              {
                eventName = [{ prefix = "CreateFunction2" }, { prefix = "UpdateFunctionConf" }]
                requestParameters = {
                  role         = local.service_roles
                  functionName = [{ anything-but = [for function in var.functions : function.name] }]
                }
              },
            ]
          }
        }))
      })
      watching-changed = merge(local.call, {
        about   = "The watch itself was changed: alarms, rules, topic, logs, the schedule, or a trail of the account."
        runbook = "watching"
        region  = local.global
        pattern = jsonencode(merge(local.called, {
          detail = {
            "$or" = [
              { eventName = ["DeleteAlarms", "DisableAlarmActions"], requestParameters = { alarmNames = [{ prefix = "${var.name}-" }] } },
              { eventName = ["PutMetricAlarm", "SetAlarmState"], requestParameters = { alarmName = [{ prefix = "${var.name}-" }] } },
              { eventName = ["DeleteRule", "DisableRule", "PutRule"], requestParameters = { name = [{ prefix = "${var.name}-" }] } },
              { eventName = ["PutTargets", "RemoveTargets"], requestParameters = { rule = [{ prefix = "${var.name}-" }] } },
              { eventName = ["AddPermission", "DeleteTopic", "RemovePermission", "SetTopicAttributes"], requestParameters = { topicArn = [aws_sns_topic.alarms.arn] } },
              { eventName = ["Unsubscribe"], requestParameters = { subscriptionArn = [{ prefix = "${aws_sns_topic.alarms.arn}:" }] } },
              {
                eventName = [
                  "DeleteLogGroup", "DeleteLogStream", "DeleteMetricFilter", "DisassociateKmsKey", "PutMetricFilter", "PutRetentionPolicy",
                ]
                requestParameters = { logGroupName = [for function in var.functions : function.log_group] }
              },
              { eventName = ["DeleteSchedule", "UpdateSchedule"], requestParameters = { name = [var.schedule] } },
              {
                eventSource = ["cloudtrail.amazonaws.com"]
                eventName   = ["DeleteTrail", "PutEventSelectors", "StopLogging", "UpdateTrail"]
              },
            ]
          }
        }))
      })
    },
    var.break_glass == null ? {} : {
      break-glass = merge(local.call, {
        about   = "The break-glass role was assumed, or used."
        runbook = "break-glass"
        reads   = true
        region  = local.global
        pattern = jsonencode(merge(local.called, {
          detail-type = concat(local.called.detail-type, ["AWS Console Sign In via CloudTrail"])
          detail = {
            "$or" = [
              { eventName = [{ prefix = "AssumeRole" }], requestParameters = { roleArn = [var.break_glass.role_arn] } },
              # The console names the session alone.
              {
                eventName    = ["SwitchRole"]
                userIdentity = { arn = [{ prefix = "${replace(replace(var.break_glass.role_arn, ":iam:", ":sts:"), "/:role/(.*/)?/", ":assumed-role/")}/" }] }
              },
              # Reads, too; but not each object and record that is read: the decryption of the first is a call, and told of.
              { managementEvent = [true], userIdentity = { sessionContext = { sessionIssuer = { arn = [var.break_glass.role_arn] } } } },
            ]
          }
        }))
      })
    },
    var.replication == null ? {} : {
      replication-late = {
        about   = "The replica is, or was, more than ${var.thresholds.replication_minutes} minutes behind the archive."
        runbook = "replication"
        region  = var.replication.region
        pattern = jsonencode({
          source      = ["aws.cloudwatch"]
          detail-type = ["CloudWatch Alarm State Change"]
          resources   = [aws_cloudwatch_metric_alarm.replication_late[0].arn]
          # When it begins, and when it is over.
          detail = { "$or" = [{ state = { value = ["ALARM"] } }, { previousState = { value = ["ALARM"] } }] }
        })
        paths = { state = "$.detail.state.value", when = "$.time" }
        text  = "State <state> since <when>."
      }
    },
  )
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each = local.notices

  name          = "${var.name}-${each.key}"
  description   = each.value.about
  event_pattern = each.value.pattern

  # To CloudTrail, signing and assuming a role are reads, which a rule does not see unless it says so.
  state = try(each.value.reads, false) ? "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" : "ENABLED"

  lifecycle {
    precondition {
      condition     = length(each.value.pattern) <= 2048
      error_message = "The pattern of rule ${each.key} has ${length(each.value.pattern)} characters, EventBridge takes 2,048: name fewer keys or buckets, or shorten the deployment's name."
    }
  }
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = local.notices

  rule = aws_cloudwatch_event_rule.this[each.key].name
  arn  = aws_sns_topic.alarms.arn

  # By hand: jsonencode would escape the angle brackets.
  input_transformer {
    input_paths    = each.value.paths
    input_template = "\"${var.name}: ${each.value.about} ${each.value.text} Runbook: ${var.runbooks_url}/${each.value.runbook}.md\""
  }
}
