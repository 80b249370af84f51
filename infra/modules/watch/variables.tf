variable "name" {
  description = "Prefix of the names of topic, alarms, rules and dashboard."
  type        = string
  nullable    = false
}

variable "origin" {
  description = "Name of the log: the dimension `Origin` of the functions' metrics."
  type        = string
  nullable    = false
}

variable "topic_kms_key_arn" {
  description = "ARN of the key that encrypts the topic. Its policy must let cloudwatch.amazonaws.com and events.amazonaws.com use it (README.md)."
  type        = string
  nullable    = false
}

variable "functions" {
  description = "The two functions: what they are, and what they may take."
  type = object({
    ingest = object({
      name            = string
      arn             = string
      log_group       = string
      timeout_seconds = number
      memory_mb       = number
    })
    checkpoint = object({
      name            = string
      arn             = string
      log_group       = string
      timeout_seconds = number
      memory_mb       = number
    })
  })
  nullable = false
}

variable "stream" {
  description = "The stream."
  type = object({
    name = string
    arn  = string
  })
  nullable = false
}

variable "table" {
  description = "The ledger table."
  type = object({
    name = string
    arn  = string
  })
  nullable = false
}

variable "buckets" {
  description = "Names of buckets: the `archive`, what `expired`, and `others` whose protection is watched as well."
  type = object({
    archive = string
    expired = string
    others  = optional(list(string), [])
  })
  nullable = false
}

variable "keys" {
  description = "ARNs of the keys of events, of the ledger table, and of all generations of the key that signs, and of `others` that are watched for changes. The topic's key is watched as well."
  type = object({
    data    = string
    ledger  = string
    signing = list(string)
    others  = optional(list(string), [])
  })
  nullable = false
}

variable "schedule" {
  description = "Name of the schedule that wakes the checkpoint function."
  type        = string
  nullable    = false
}

variable "signer_role_arn" {
  description = "ARN of the one role that may sign: whoever else signs, or tries to, raises an alarm."
  type        = string
  nullable    = false
}

variable "roles" {
  description = "Names of the deployment's roles: a change of one's trust or policy raises a notice. Those of services (`<name>-ingest`, `-checkpoint`, `-schedule`, `-replication`) nobody else may become."
  type        = list(string)
  nullable    = false
}

variable "fed" {
  description = "Whether the stream is fed to ingest: nobody reading it is then a fault."
  type        = bool
  nullable    = false
}

variable "replication" {
  description = "How the archive is replicated: the buckets' names, the `region` of the second, the id of the rule; null where it is not."
  type = object({
    source_bucket      = string
    destination_bucket = string
    region             = string
    rule_id            = string
  })
  default = null
}

variable "break_glass" {
  description = "The break-glass role, whose every use raises an alarm; null where there is none."
  type = object({
    role_arn = string
  })
  default = null
}

variable "intake" {
  description = "The API that takes events over HTTPS, where there is one: its name and stage."
  type = object({
    name  = string
    stage = string
  })
  default = null
}

variable "subscriptions" {
  description = "Who is told, by a name of your choice. An address of email must be confirmed by its owner before it is told anything."
  type = map(object({
    protocol = string
    endpoint = string
  }))
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for subscription in var.subscriptions :
      contains(["application", "email", "email-json", "firehose", "https", "lambda", "sms", "sqs"], subscription.protocol)
    ])
    error_message = "subscriptions use ${join(", ", [for subscription in var.subscriptions : subscription.protocol])}; expected application, email, email-json, firehose, https, lambda, sms or sqs (plain http is refused by the topic)."
  }
}

variable "runbooks_url" {
  description = "Where the folder `infra/runbooks` can be read: alarms link to `<runbooks_url>/<file>.md`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^https://[^\\s<>\"]*[^/\\s<>\"]$", var.runbooks_url))
    error_message = "runbooks_url is ${var.runbooks_url}; expected https://..., without a slash at the end."
  }
}

variable "thresholds" {
  description = <<-EOT
    When alarms ring.
    `backlog_minutes`: how far ingest may fall behind the stream; a batch takes seconds, a catch-up after a fault some minutes.
    `backlog_hours`: the same, for the second alarm: records expire after 144 hours, and this must leave time to act.
    `checkpoint_minutes`: for how long ticks may be missing. By default one is due every minute; with a schedule that is slower than this, the alarm rings for ever.
    `unlogged_minutes`: in how long something sealed must be logged.
    `duration_percent`: of its time-out that a function may take.
    `rejected_percent`: of events and rejections that may be rejections, in a quarter of an hour.
    `replication_minutes`: how far the replica may be behind the archive; most objects take a quarter of an hour at most.
  EOT
  type = object({
    backlog_minutes     = optional(number, 10)
    backlog_hours       = optional(number, 24)
    checkpoint_minutes  = optional(number, 10)
    unlogged_minutes    = optional(number, 15)
    duration_percent    = optional(number, 80)
    rejected_percent    = optional(number, 1)
    replication_minutes = optional(number, 60)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.thresholds.backlog_hours < 144 && var.thresholds.backlog_hours * 60 > var.thresholds.backlog_minutes
    error_message = "thresholds.backlog_hours is ${var.thresholds.backlog_hours} and backlog_minutes ${var.thresholds.backlog_minutes}; expected less than 144 hours, when records expire, and the hours longer than the minutes."
  }

  # CloudWatch looks back for a day at most.
  validation {
    condition     = var.thresholds.checkpoint_minutes >= 2 && var.thresholds.checkpoint_minutes <= 1440
    error_message = "thresholds.checkpoint_minutes is ${var.thresholds.checkpoint_minutes}; expected 2 to 1,440: a lost tick is made up for by the next."
  }

  validation {
    condition     = var.thresholds.unlogged_minutes >= 2 && var.thresholds.unlogged_minutes <= 720
    error_message = "thresholds.unlogged_minutes is ${var.thresholds.unlogged_minutes}; expected 2 to 720: a tick is due every minute."
  }

  validation {
    condition     = var.thresholds.duration_percent > 0 && var.thresholds.duration_percent < 100
    error_message = "thresholds.duration_percent is ${var.thresholds.duration_percent}; expected more than 0 and less than 100: at 100 the function is stopped."
  }

  validation {
    condition     = var.thresholds.rejected_percent >= 0 && var.thresholds.rejected_percent < 100
    error_message = "thresholds.rejected_percent is ${var.thresholds.rejected_percent}; expected 0 (any rejection) to less than 100."
  }
  validation {
    condition     = var.thresholds.replication_minutes >= 15
    error_message = "thresholds.replication_minutes is ${var.thresholds.replication_minutes}; expected 15 or more: S3 takes as long for some objects."
  }
}
