# One entry an alarm: what it tells, its runbook, and the numbers that it is about. `metrics` are summed in their periods unless
# `stat` says otherwise; `expression` makes one number of several. Missing numbers are zeros but where `silence` is the alarm.

locals {
  # All that the functions count.
  catalogue = [
    "Records", "Events", "Rejections", "BytesReceived", "BytesSealed", "Batches", "BatchLatency", "SealLatency", "IteratorAge",
    "Adoptions", "RecordsLeft", "ChainsBlocked", "ChainsStopped",
    "LogSize", "LogEntries", "LogLatency", "CheckpointAge", "ChainsBroken",
  ]

  cairn = { for metric in local.catalogue : metric => { namespace = "Cairn", name = metric, dimensions = { Origin = var.origin } } }

  lambda = {
    for function, about in var.functions : function => {
      for metric in ["DestinationDeliveryFailures", "Duration", "Errors", "Invocations", "IteratorAge", "Throttles"] :
      metric => { namespace = "AWS/Lambda", name = metric, dimensions = { FunctionName = about.name } }
    }
  }

  kinesis = {
    for metric in ["GetRecords.Success", "IncomingRecords", "WriteProvisionedThroughputExceeded"] :
    metric => { namespace = "AWS/Kinesis", name = metric, dimensions = { StreamName = var.stream.name } }
  }

  dynamodb = {
    for metric in ["ReadThrottleEvents", "WriteThrottleEvents"] :
    metric => { namespace = "AWS/DynamoDB", name = metric, dimensions = { TableName = var.table.name } }
  }

  # Told by operation alone; these are what the functions call.
  dynamodb_errors = {
    for operation in ["GetItem", "PutItem", "Query", "TransactWriteItems"] :
    lower(operation) => { namespace = "AWS/DynamoDB", name = "SystemErrors", dimensions = { TableName = var.table.name, Operation = operation } }
  }

  # Of chains both metrics and logs tell: either is enough.
  evidence = {
    chain-stopped = {
      about      = "Ingest found something foreign on a chain (a fork) and stopped it: nothing more is sealed of that shard until an operator acts."
      runbook    = "fork"
      metrics    = { counted = local.cairn["ChainsStopped"], logged = local.logged["chain.stopped"] }
      expression = "FILL(counted, 0) + FILL(logged, 0)"
    }
    chain-blocked = {
      about      = "Ingest found an object at a chain's next number that it cannot judge: the shard's records wait until an operator has looked."
      runbook    = "chain-blocked"
      metrics    = { counted = local.cairn["ChainsBlocked"], logged = local.logged["chain.blocked"] }
      expression = "FILL(counted, 0) + FILL(logged, 0)"
    }
    chain-broken = {
      about      = "The next batch of a chain does not follow what the log has of it: that chain is sealed, and no longer logged."
      runbook    = "chain-broken"
      metrics    = { counted = merge(local.cairn["ChainsBroken"], { stat = "Maximum" }), logged = local.logged["chain.broken"] }
      expression = "FILL(counted, 0) + FILL(logged, 0)"
    }
    records-undelivered = {
      about   = "Lambda could not put records that expired at the failure destination: they are on the stream for one more day, and then lost."
      runbook = "expired"
      metrics = { failures = local.lambda.ingest["DestinationDeliveryFailures"] }
    }
  }

  service = {
    checkpoint-failed = {
      about   = "A tick of the checkpoint function failed; the next one takes up its work, unless table and archive disagree."
      runbook = "checkpoint-stale"
      metrics = { logged = local.logged["checkpoint.failed"] }
    }
    checkpoint-silent = {
      about       = "No tick of the checkpoint function has succeeded for ${var.thresholds.checkpoint_minutes} minutes: no new checkpoint covers what is sealed."
      runbook     = "checkpoint-stale"
      metrics     = { ticks = merge(local.cairn["LogSize"], { stat = "SampleCount" }) }
      below       = 1
      period      = 60
      evaluations = var.thresholds.checkpoint_minutes
      silence     = true
    }
    # Two periods: what is sealed at the end of one is logged in the next. Without news both are zero.
    checkpoint-stale = {
      about       = "Batches were sealed, and for ${2 * var.thresholds.unlogged_minutes} minutes none was logged, though that takes one."
      runbook     = "checkpoint-stale"
      metrics     = { batches = local.cairn["Batches"], entries = local.cairn["LogEntries"] }
      expression  = "IF(FILL(batches, 0) > 0 AND FILL(entries, 0) == 0, 1, 0)"
      period      = 60 * var.thresholds.unlogged_minutes
      evaluations = 2
    }
    backlog = {
      about       = "Ingest is more than ${var.thresholds.backlog_minutes} minutes behind the stream."
      runbook     = "backlog"
      metrics     = { age = merge(local.lambda.ingest["IteratorAge"], { stat = "Maximum" }) }
      above       = 60000 * var.thresholds.backlog_minutes
      evaluations = 3
    }
    backlog-old = {
      about   = "Ingest is more than ${var.thresholds.backlog_hours} hours behind the stream: after 144 hours records leave for the failure destination."
      runbook = "backlog"
      metrics = { age = merge(local.lambda.ingest["IteratorAge"], { stat = "Maximum" }) }
      above   = 3600000 * var.thresholds.backlog_hours
    }
    ingest-silent = {
      about       = "Records arrive on the stream, and ingest is not invoked."
      runbook     = "backlog"
      metrics     = { records = local.kinesis["IncomingRecords"], invocations = local.lambda.ingest["Invocations"] }
      expression  = "IF(FILL(records, 0) > 0 AND FILL(invocations, 0) == 0, 1, 0)"
      evaluations = 2
    }
    records-left = {
      about       = "Ingest has been handing records back to Lambda for a quarter of an hour: something that it needs does not answer, or refuses."
      runbook     = "backlog"
      metrics     = { left = local.cairn["RecordsLeft"] }
      evaluations = 3
    }
    stream-full = {
      about       = "The stream refuses records: producers write more than its shards take."
      runbook     = "throttles"
      metrics     = { refused = local.kinesis["WriteProvisionedThroughputExceeded"] }
      period      = 60
      evaluations = 5
      datapoints  = 3
    }
    table-throttled = {
      about       = "DynamoDB throttles the ledger table."
      runbook     = "throttles"
      metrics     = { reads = local.dynamodb["ReadThrottleEvents"], writes = local.dynamodb["WriteThrottleEvents"] }
      expression  = "FILL(reads, 0) + FILL(writes, 0)"
      period      = 60
      evaluations = 5
      datapoints  = 3
    }
    table-errors = {
      about       = "DynamoDB answers for the ledger table with errors of its own."
      runbook     = "function-errors"
      metrics     = local.dynamodb_errors
      expression  = join(" + ", [for id in keys(local.dynamodb_errors) : "FILL(${id}, 0)"])
      period      = 60
      evaluations = 5
      datapoints  = 3
    }
    rejections = {
      about      = "More than ${var.thresholds.rejected_percent} % of what was sealed in a quarter of an hour are rejections: a producer sends what the config bundle refuses."
      runbook    = "rejections"
      metrics    = { rejections = local.cairn["Rejections"], events = local.cairn["Events"] }
      expression = "IF(FILL(rejections, 0) > 0, 100 * FILL(rejections, 0) / (FILL(rejections, 0) + FILL(events, 0)), 0)"
      above      = var.thresholds.rejected_percent
      period     = 900
    }
    # An alarm of CloudWatch's own, which reaches the topic by another way than the rules. Metric math takes ten metrics: what somebody
    # did comes first, and the replica's alarm shows where it rings.
    notices-undelivered = {
      about      = "A notice of a change or a misuse could not be put on the alarms' topic: look into CloudTrail for what it was."
      runbook    = "watching"
      expression = "SUM(METRICS())"
      metrics = {
        for id, notice in local.notices :
        replace(id, "-", "_") => { namespace = "AWS/Events", name = "FailedInvocations", dimensions = { RuleName = "${var.name}-${id}" } }
        if id != "replication-late"
      }
    }
  }

  # Lambda asks every shard for records all the time, whether there are any or not. A mapping that is off asks for none, and so tells of no age.
  feed = var.fed ? {
    stream-unread = {
      about       = "Nobody has read the stream for ten minutes: what feeds ingest is off, gone, or refused."
      runbook     = "backlog"
      metrics     = { reads = local.kinesis["GetRecords.Success"] }
      below       = 1
      evaluations = 2
      silence     = true
    }
  } : {}

  per_function = merge([
    for function, about in var.functions : {
      "${function}-errors" = {
        about       = "Invocations of ${about.name} fail as a whole."
        runbook     = "function-errors"
        metrics     = { errors = local.lambda[function]["Errors"] }
        period      = 60
        evaluations = 5
        datapoints  = 3
      }
      "${function}-throttled" = {
        about       = "Lambda throttles ${about.name}: the account's or the function's concurrency is used up."
        runbook     = "throttles"
        metrics     = { throttles = local.lambda[function]["Throttles"] }
        period      = 60
        evaluations = 5
        datapoints  = 3
      }
      "${function}-slow" = {
        about       = "${about.name} takes more than ${var.thresholds.duration_percent} % of its time-out of ${about.timeout_seconds} seconds."
        runbook     = "function-errors"
        metrics     = { duration = merge(local.lambda[function]["Duration"], { stat = "Maximum" }) }
        above       = 10 * var.thresholds.duration_percent * about.timeout_seconds
        evaluations = 3
        datapoints  = 2
      }
    }
  ]...)

  intake = var.intake == null ? {} : {
    intake-errors = {
      about       = "The HTTP intake answers producers with errors of its own: events do not reach the stream."
      runbook     = "intake"
      metrics     = { errors = { namespace = "AWS/ApiGateway", name = "5XXError", dimensions = { ApiName = var.intake.name, Stage = var.intake.stage } } }
      period      = 60
      evaluations = 5
      datapoints  = 3
    }
  }

  replication = {
    for metric in var.replication == null ? [] : ["OperationsFailedReplication", "ReplicationLatency"] : metric => {
      namespace = "AWS/S3"
      name      = metric
      dimensions = {
        SourceBucket      = var.replication.source_bucket
        DestinationBucket = var.replication.destination_bucket
        RuleId            = var.replication.rule_id
      }
    }
  }

  # S3 does not try again what failed, so that its number is soon zero and the replica still lacks it.
  replica = var.replication == null ? {} : {
    replication-failed = {
      about   = "Objects of the archive could not be replicated: the replica lacks them until they are replicated anew."
      runbook = "replication"
      metrics = { failures = local.replication["OperationsFailedReplication"] }
    }
  }

  # Alarms about evidence are over when the runbook says so; of all others the topic is told when they are.
  alarms = merge(
    { for id, alarm in merge(local.evidence, local.replica) : id => merge(alarm, { recovers = false }) },
    { for id, alarm in merge(local.service, local.feed, local.per_function, local.intake) : id => merge(alarm, { recovers = true }) },
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name        = "${var.name}-${each.key}"
  alarm_description = "${each.value.about} Runbook: ${var.runbooks_url}/${each.value.runbook}.md"
  alarm_actions     = [aws_sns_topic.alarms.arn]
  ok_actions        = each.value.recovers ? [aws_sns_topic.alarms.arn] : []

  comparison_operator = can(each.value.below) ? "LessThanThreshold" : can(each.value.above) ? "GreaterThanThreshold" : "GreaterThanOrEqualToThreshold"
  threshold           = try(each.value.below, each.value.above, 1)
  evaluation_periods  = try(each.value.evaluations, 1)
  datapoints_to_alarm = try(each.value.datapoints, each.value.evaluations, 1)
  treat_missing_data  = try(each.value.silence, false) ? "breaching" : "notBreaching"

  dynamic "metric_query" {
    for_each = each.value.metrics

    content {
      id          = metric_query.key
      return_data = !can(each.value.expression)

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        stat        = try(metric_query.value.stat, "Sum")
        period      = try(each.value.period, 300)
      }
    }
  }

  dynamic "metric_query" {
    for_each = can(each.value.expression) ? [each.value.expression] : []

    content {
      id          = "result"
      label       = each.key
      expression  = metric_query.value
      return_data = true
    }
  }
}

# S3 tells this number in the replica's region, where the alarm must be then. No topic is there: a notice tells of it.
resource "aws_cloudwatch_metric_alarm" "replication_late" {
  count  = var.replication == null ? 0 : 1
  region = var.replication.region

  alarm_name        = "${var.name}-replication-late"
  alarm_description = "The replica is more than ${var.thresholds.replication_minutes} minutes behind the archive. Runbook: ${var.runbooks_url}/replication.md"

  namespace   = local.replication["ReplicationLatency"].namespace
  metric_name = local.replication["ReplicationLatency"].name
  dimensions  = local.replication["ReplicationLatency"].dimensions
  statistic   = "Maximum"
  period      = 300

  comparison_operator = "GreaterThanThreshold"
  threshold           = 60 * var.thresholds.replication_minutes
  evaluation_periods  = 3
  treat_missing_data  = "notBreaching"
}

# The field `alarm` in the functions' logs: structured lines, whose fields tracing puts into `fields`.
locals {
  log_alarms = {
    "chain.stopped"     = "ingest"
    "chain.blocked"     = "ingest"
    "chain.broken"      = "checkpoint"
    "checkpoint.failed" = "checkpoint"
  }

  # Filters give no dimensions, so the name tells the deployment.
  logged = {
    for alarm, function in local.log_alarms :
    alarm => { namespace = "Cairn/Logs", name = "${var.name}.${alarm}", dimensions = {} }
  }
}

resource "aws_cloudwatch_log_metric_filter" "alarm" {
  for_each = local.log_alarms

  name           = "${var.name}-${replace(each.key, ".", "-")}"
  log_group_name = var.functions[each.value].log_group
  pattern        = "{ $.fields.alarm = \"${each.key}\" }"

  metric_transformation {
    namespace = local.logged[each.key].namespace
    name      = local.logged[each.key].name
    value     = "1"
    unit      = "Count"
  }
}
