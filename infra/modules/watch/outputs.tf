output "topic_arn" {
  description = "ARN of the topic on which all alarms and notices are put."
  value       = aws_sns_topic.alarms.arn
}

output "dashboard" {
  description = "Name of the dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "runbooks" {
  description = "The runbook of each alarm and notice, by its name: a file of `infra/runbooks`."
  value = merge(
    { for id, alarm in local.alarms : aws_cloudwatch_metric_alarm.this[id].alarm_name => "${alarm.runbook}.md" },
    { for id, notice in local.notices : aws_cloudwatch_event_rule.this[id].name => "${notice.runbook}.md" },
  )
}
