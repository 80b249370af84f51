# Three graphs a row, below a line of links and the alarms. A line of a graph is what CloudWatch's dashboards call a metric:
# [namespace, name, dimension, value, ..., { options }].

locals {
  line = {
    cairn    = { for metric in local.catalogue : metric => ["Cairn", metric, "Origin", var.origin] }
    kinesis  = ["StreamName", var.stream.name]
    dynamodb = ["TableName", var.table.name]
    lambda   = { for function, about in var.functions : function => ["FunctionName", about.name] }
    logs     = { for function, about in var.functions : function => ["LogGroupName", about.log_group] }
  }

  # The lines of one latency: half of all are faster, and all but one in a hundred.
  percentiles = {
    for metric in ["BatchLatency", "SealLatency", "LogLatency"] : metric => [
      concat(local.line.cairn[metric], [{ stat = "p50", label = "${metric} p50" }]),
      concat(local.line.cairn[metric], [{ stat = "p99", label = "${metric} p99" }]),
    ]
  }

  graphs = concat(
    [
      {
        title = "Ingest: what is sealed"
        lines = [local.line.cairn["Records"], local.line.cairn["Events"], local.line.cairn["Batches"]]
      },
      {
        title = "Ingest: bytes"
        lines = [
          concat(["AWS/Kinesis", "IncomingBytes"], local.line.kinesis, [{ label = "put on the stream" }]),
          concat(local.line.cairn["BytesReceived"], [{ label = "handed to ingest, retries included" }]),
          concat(local.line.cairn["BytesSealed"], [{ label = "sealed" }]),
        ]
      },
      {
        title = "Backlog: how far ingest is behind"
        stat  = "Maximum"
        lines = [
          concat(local.line.cairn["IteratorAge"], [{ label = "as ingest sees it" }]),
          concat(["AWS/Lambda", "IteratorAge"], local.line.lambda.ingest, [{ label = "as Lambda sees it" }]),
          concat(["AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds"], local.line.kinesis, [{ label = "as the stream sees it" }]),
        ]
      },
      { title = "Latency: an invocation of ingest", lines = local.percentiles["BatchLatency"] },
      { title = "Latency: from arrival to seal", lines = local.percentiles["SealLatency"] },
      { title = "Latency: from arrival to checkpoint", lines = local.percentiles["LogLatency"] },
      {
        title = "Rejections by reason"
        lines = [[{
          expression = "SEARCH('{Cairn,Origin,Reason} MetricName=\"Rejections\" Origin=\"${var.origin}\"', 'Sum', 300)"
          label      = "$${PROP('Dim.Reason')}"
        }]]
      },
      {
        title = "Rejections, and retries"
        lines = [local.line.cairn["Rejections"], local.line.cairn["RecordsLeft"], local.line.cairn["Adoptions"]]
      },
      {
        title = "Chains: stopped, blocked, broken"
        stat  = "Maximum"
        lines = [local.line.cairn["ChainsStopped"], local.line.cairn["ChainsBlocked"], local.line.cairn["ChainsBroken"]]
      },
      {
        title = "Log: age of the checkpoint"
        stat  = "Maximum"
        lines = [local.line.cairn["CheckpointAge"]]
      },
      {
        title = "Log: entries"
        lines = [local.line.cairn["LogEntries"], concat(local.line.cairn["LogSize"], [{ stat = "Maximum", yAxis = "right" }])]
      },
      {
        title = "Stream and table: refused"
        lines = [
          concat(["AWS/Kinesis", "WriteProvisionedThroughputExceeded"], local.line.kinesis),
          concat(["AWS/Kinesis", "ReadProvisionedThroughputExceeded"], local.line.kinesis),
          concat(["AWS/DynamoDB", "ReadThrottleEvents"], local.line.dynamodb),
          concat(["AWS/DynamoDB", "WriteThrottleEvents"], local.line.dynamodb),
          concat(["AWS/DynamoDB", "TransactionConflict"], local.line.dynamodb),
        ]
      },
    ],
    [
      for function, about in var.functions : {
        title = "${about.name}: invocations"
        lines = [
          for metric in ["Invocations", "Errors", "Throttles", "ConcurrentExecutions"] :
          concat(["AWS/Lambda", metric], local.line.lambda[function], metric == "ConcurrentExecutions" ? [{ stat = "Maximum" }] : [])
        ]
      }
    ],
    [
      {
        title = "Functions: duration"
        lines = concat([
          for function in keys(var.functions) : [
            for stat in ["p50", "Maximum"] :
            concat(["AWS/Lambda", "Duration"], local.line.lambda[function], [{ stat = stat, label = "${function} ${stat}" }])
          ]
        ]...)
      },
      {
        title = "Cost: Lambda, GB-seconds"
        lines = concat(
          [
            for function, about in var.functions :
            concat(["AWS/Lambda", "Duration"], local.line.lambda[function], [{ id = function, visible = false }])
          ],
          [
            for function, about in var.functions :
            [{ expression = "${function} / 1000 * ${about.memory_mb} / 1024", label = function }]
          ],
        )
      },
      {
        title = "Cost: DynamoDB, units"
        lines = [
          concat(["AWS/DynamoDB", "ConsumedWriteCapacityUnits"], local.line.dynamodb),
          concat(["AWS/DynamoDB", "ConsumedReadCapacityUnits"], local.line.dynamodb),
        ]
      },
      {
        title = "Cost: S3, objects put"
        # S3 meters requests for extra money. A batch is one put; a tick with news about seven (cursors, plan, tiles, entries, checkpoints).
        lines = [
          concat(local.line.cairn["Batches"], [{ label = "batches: one put each" }]),
          concat(local.line.cairn["LogLatency"], [{ stat = "SampleCount", label = "ticks with news: about seven puts each" }]),
        ]
      },
      {
        title = "Cost: Kinesis and logs, bytes"
        lines = concat(
          [concat(["AWS/Kinesis", "IncomingBytes"], local.line.kinesis, [{ label = "stream" }])],
          [
            for function, about in var.functions :
            concat(["AWS/Logs", "IncomingBytes"], local.line.logs[function], [{ label = "logs of ${function}" }])
          ],
        )
      },
    ],
    var.intake == null ? [] : [
      {
        title = "HTTP intake"
        lines = [
          for metric in ["Count", "4XXError", "5XXError"] : ["AWS/ApiGateway", metric, "ApiName", var.intake.name, "Stage", var.intake.stage]
        ]
      },
    ],
  )

  runbook_files = sort(distinct(concat([for alarm in local.alarms : alarm.runbook], [for notice in local.notices : notice.runbook])))

  widgets = concat(
    [
      {
        type   = "text"
        x      = 0
        y      = 0
        width  = 24
        height = 3
        properties = {
          markdown = "# ${var.origin}\nRunbooks: ${join(" · ", [for file in local.runbook_files : "[${file}](${var.runbooks_url}/${file}.md)"])}"
        }
      },
      {
        type   = "alarm"
        x      = 0
        y      = 3
        width  = 24
        height = 5
        properties = {
          title  = "Alarms"
          alarms = [for alarm in aws_cloudwatch_metric_alarm.this : alarm.arn]
        }
      },
    ],
    [
      for index, graph in local.graphs : {
        type   = "metric"
        x      = index % 3 * 8
        y      = 8 + floor(index / 3) * 6
        width  = 8
        height = 6
        properties = {
          title   = graph.title
          region  = local.region
          view    = "timeSeries"
          stat    = try(graph.stat, "Sum")
          period  = 300
          metrics = graph.lines
        }
      }
    ],
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({ widgets = local.widgets })
}
