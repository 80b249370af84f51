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
        about   = "The protection of a bucket was changed, or an object's deletion or retention was tried."
        runbook = "protection-changed"
        pattern = jsonencode(merge(local.called, {
          detail = {
            eventSource = ["s3.amazonaws.com"]
            # Those of objects come where a trail logs the bucket's data events. The functions set retention with their puts.
            eventName = [
              { prefix = "PutBucket" }, { prefix = "DeleteBucket" },
              { prefix = "PutObjectLock" }, "PutObjectRetention", "PutObjectLegalHold",
              "DeleteObject", "DeleteObjects",
            ]
            requestParameters = { bucketName = concat([var.buckets.archive, var.buckets.expired], var.buckets.others) }
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
              "DeleteResourcePolicy", "DeleteTable", "PutResourcePolicy", "RestoreTableFromBackup", "RestoreTableToPointInTime",
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
              "PutFunctionConcurrency", "UpdateEventSourceMapping", "UpdateFunction",
            ] : { prefix = name }]
            # A call about a mapping names the function in its answer alone.
            "$or" = [
              { requestParameters = { functionName = local.function_names } },
              { responseElements = { functionArn = [for function in var.functions : function.arn] } },
            ]
          }
        }))
      })
      watching-changed = merge(local.call, {
        about   = "The watch itself was changed: alarms, rules, topic, logs, the schedule, or a trail of the account."
        runbook = "watching"
        pattern = jsonencode(merge(local.called, {
          detail = {
            "$or" = [
              { eventName = ["DeleteAlarms", "DisableAlarmActions"], requestParameters = { alarmNames = [{ prefix = "${var.name}-" }] } },
              { eventName = ["PutMetricAlarm", "SetAlarmState"], requestParameters = { alarmName = [{ prefix = "${var.name}-" }] } },
              { eventName = ["DeleteRule", "DisableRule", "PutRule"], requestParameters = { name = [{ prefix = "${var.name}-" }] } },
              { eventName = ["PutTargets", "RemoveTargets"], requestParameters = { rule = [{ prefix = "${var.name}-" }] } },
              { eventName = ["DeleteTopic", "SetTopicAttributes"], requestParameters = { topicArn = [aws_sns_topic.alarms.arn] } },
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
        about   = "The break-glass role was assumed, or made a change."
        runbook = "break-glass"
        reads   = true
        pattern = jsonencode(merge(local.called, {
          detail = {
            "$or" = [
              { eventName = [{ prefix = "AssumeRole" }], requestParameters = { roleArn = [var.break_glass.role_arn] } },
              { readOnly = [false], userIdentity = { sessionContext = { sessionIssuer = { arn = [var.break_glass.role_arn] } } } },
            ]
          }
        }))
      })
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
