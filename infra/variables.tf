variable "name" {
  description = "Prefix of the names of everything but buckets."
  type        = string
  default     = "cairn"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}[a-z0-9]$", var.name))
    error_message = "name is ${var.name}; expected 2 to 32 of a-z, 0-9 and -, beginning with a letter."
  }
}

variable "bucket_prefix" {
  description = "Prefix of the names of buckets, which are unique in all of AWS. Null for `<name>-<account>-<region>`."
  type        = string
  default     = null

  validation {
    condition     = var.bucket_prefix == null ? true : can(regex("^[a-z0-9][a-z0-9-]{1,46}$", var.bucket_prefix))
    error_message = "bucket_prefix is ${coalesce(var.bucket_prefix, "-")}; expected 2 to 47 of a-z, 0-9 and -, beginning with a letter or digit."
  }
}

variable "origin" {
  description = "Name of the log, for good: a domain of yours and a path, such as `audit.example.com/prod`. No scheme. Whoever checks an event sees it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]*(/[A-Za-z0-9._~-]+)*$", var.origin))
    error_message = "origin is ${var.origin}; expected a domain and a path without a scheme, such as audit.example.com/prod."
  }
}

variable "bundle" {
  description = "SHA-256 of the config bundle in force, as `cairn config build --publish` prints it. Null until there is one: records then wait on the stream."
  type        = string
  default     = null

  validation {
    condition     = var.bundle == null ? true : can(regex("^[0-9a-f]{64}$", var.bundle))
    error_message = "bundle is ${coalesce(var.bundle, "-")}; expected 64 hexadecimal digits, as `cairn config build --publish` prints them."
  }
}

variable "packages" {
  description = "Paths of the functions' zips, as `cargo lambda build --release --arm64 --output-format zip -p cairn-ingest -p cairn-checkpoint` leaves them in target/lambda/cairn-<function>/bootstrap.zip."
  type = object({
    ingest       = string
    checkpoint   = string
    architecture = optional(string, "arm64")
  })
  nullable = false
}

variable "stream" {
  description = "The stream: `shards` that are always there, or null for one that scales and is paid by use; hours for which records stay, a week or more."
  type = object({
    shards          = optional(number)
    retention_hours = optional(number, 168)
  })
  default  = {}
  nullable = false
}

variable "ingest" {
  description = <<-EOT
    The function that seals. `batch_size` and `window_seconds` decide what becomes a batch: the first that is reached; the longer the window, the fewer requests are
    paid for and the later an event is sealed. `traces`: whether X-Ray is told where the events of a trace were sealed (each segment is billed). A location
    database needs its size in `memory_mb` beside the 128 that ingest takes.
  EOT
  type = object({
    memory_mb            = optional(number, 512)
    timeout_seconds      = optional(number, 60)
    reserved_concurrency = optional(number)
    batch_size           = optional(number, 10000)
    window_seconds       = optional(number, 10)
    traces               = optional(bool, false)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.ingest.memory_mb >= 256 && var.ingest.memory_mb <= 10240
    error_message = "ingest.memory_mb is ${var.ingest.memory_mb}; expected 256 to 10,240: a full invocation needs 128, and the runtime its share."
  }

  validation {
    condition     = var.ingest.timeout_seconds >= 30 && var.ingest.timeout_seconds <= 900
    error_message = "ingest.timeout_seconds is ${var.ingest.timeout_seconds}; expected 30 to 900: a batch must be sealed in it, S3's bad moments included."
  }
}

variable "checkpoint" {
  description = "The function that signs. It has one writer at a time by its protocol; `reserved_concurrency = 1` spares the attempts of a second, where the account has room for it."
  type = object({
    memory_mb            = optional(number, 512)
    timeout_seconds      = optional(number, 60)
    reserved_concurrency = optional(number)
    schedule             = optional(string, "rate(1 minute)")
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.checkpoint.memory_mb >= 256 && var.checkpoint.memory_mb <= 10240
    error_message = "checkpoint.memory_mb is ${var.checkpoint.memory_mb}; expected 256 to 10,240."
  }

  validation {
    condition     = var.checkpoint.timeout_seconds >= 30 && var.checkpoint.timeout_seconds <= 900
    error_message = "checkpoint.timeout_seconds is ${var.checkpoint.timeout_seconds}; expected 30 to 900: a tick must be done in it, S3's bad moments included."
  }
}

variable "paused" {
  description = "Functions that an operator has stopped (runbooks): `ingest` is handed nothing, and the stream keeps it; `checkpoint` does not run. What is stopped by hand must stand here before the next apply."
  type = object({
    ingest     = optional(bool, false)
    checkpoint = optional(bool, false)
  })
  default  = {}
  nullable = false
}

variable "archive" {
  description = <<-EOT
    The archive. `lock_mode`: `COMPLIANCE` (nobody deletes before the time, root and AWS neither) or `GOVERNANCE` (for trials). Batches are locked for
    `batch_retention_days`, the log and bundles for `log_retention_days`. Batches that are still there after `batches_instant_after_days` move to Glacier Instant Retrieval (null: never).
    `retention_classes` are those of the config bundle (`tenants.toml`).
  EOT
  type = object({
    lock_mode                  = optional(string, "COMPLIANCE")
    batch_retention_days       = optional(number, 35)
    log_retention_days         = optional(number, 3650)
    batches_instant_after_days = optional(number, 90)
    access_logs_retention_days = optional(number, 400)
    retention_classes = optional(map(object({
      days               = number
      instant_after_days = optional(number)
      deep_after_days    = optional(number)
      })), {
      short     = { days = 90 }
      standard  = { days = 400, instant_after_days = 90 }
      regulated = { days = 2557, instant_after_days = 90, deep_after_days = 400 }
    })
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["COMPLIANCE", "GOVERNANCE"], var.archive.lock_mode)
    error_message = "archive.lock_mode is ${var.archive.lock_mode}; expected COMPLIANCE or GOVERNANCE."
  }

  validation {
    condition     = coalesce(var.archive.batches_instant_after_days, 1) >= 1
    error_message = "archive.batches_instant_after_days is ${coalesce(var.archive.batches_instant_after_days, 1)}; expected 1 or more, or null for never."
  }

  # What waits on the stream for six days and is redriven must still find the batch that it may already lie in.
  validation {
    condition     = var.archive.batch_retention_days >= 14 && var.archive.batch_retention_days <= 36500
    error_message = "archive.batch_retention_days is ${var.archive.batch_retention_days}; expected 14 to 36,500: two weeks cover the stream's seven days and a redrive."
  }

  validation {
    condition     = var.archive.log_retention_days >= var.archive.batch_retention_days && var.archive.log_retention_days <= 36500
    error_message = "archive.log_retention_days is ${var.archive.log_retention_days}; expected at least archive.batch_retention_days (${var.archive.batch_retention_days}) and at most 36,500: what is proven by the log is proven for as long as the log is kept."
  }

  validation {
    condition     = alltrue([for class in var.archive.retention_classes : class.days <= var.archive.log_retention_days])
    error_message = "A retention class keeps events for longer than archive.log_retention_days (${var.archive.log_retention_days}): they would outlive their proofs. Raise log_retention_days."
  }

  validation {
    condition = alltrue([
      for class in var.archive.retention_classes :
      coalesce(class.instant_after_days, 0) < coalesce(class.deep_after_days, class.days) && coalesce(class.deep_after_days, 0) < class.days
    ])
    error_message = "A retention class tiers out of order; expected instant_after_days < deep_after_days < days."
  }
}

variable "keys" {
  description = <<-EOT
    The KMS keys: the days that a deletion waits, and the keys that sign checkpoints. `signing.generations`: the spec of each by its name;
    `signing.signers`: those that sign, the newest first (runbooks/signing-key-succession.md).
  EOT
  type = object({
    deletion_window_days = optional(number, 30)
    signing = optional(object({
      generations = optional(map(string), { "1" = "ECC_NIST_EDWARDS25519" })
      signers     = optional(list(string), ["1"])
    }), {})
  })
  default  = {}
  nullable = false
}

variable "access" {
  description = <<-EOT
    Who may become what, by ARN (modules/access). `auditors` read all, `tenant_auditors` open sessions that read one tenant, `operators` publish bundles and redrive (by default
    whoever this account's IAM lets, with MFA), `break_glass` are IAM users for the worst hour. Producers attach the policy that is an output.
  EOT
  type = object({
    auditors = optional(object({
      principals = set(string)
      mfa        = optional(bool, true)
    }))
    tenant_auditors = optional(object({
      principals = set(string)
    }))
    operators = optional(object({
      principals = optional(set(string), [])
      mfa        = optional(bool, true)
    }), {})
    break_glass = optional(object({
      principals = set(string)
    }))
  })
  default  = {}
  nullable = false
}

variable "query" {
  description = "Athena: gigabytes that a query may scan, and days for which results are kept."
  type = object({
    scan_limit_gb = optional(number, 100)
    results_days  = optional(number, 30)
  })
  default  = {}
  nullable = false
}

variable "intake" {
  description = <<-EOT
    An HTTPS endpoint for producers that do not speak to Kinesis (modules/intake): `auth.iam` or `auth.mutual_tls`, one of the two; `throttle` for all clients together;
    `account_log_role = false` where the account has a role for API Gateway's logs already. Null: none.
  EOT
  type = object({
    auth = object({
      iam = optional(object({
        principals = set(string)
      }))
      mutual_tls = optional(object({
        domain_name        = string
        certificate_arn    = string
        truststore_uri     = string
        truststore_version = string
      }))
    })
    throttle = optional(object({
      rate  = optional(number, 500)
      burst = optional(number, 1000)
    }), {})
    account_log_role = optional(bool, true)
  })
  default = null
}

variable "trail" {
  description = <<-EOT
    CloudTrail of who read, or tried to change, the evidence (modules/trail), locked for `retention_days`. `management_events = true` where the account has no other trail in this region:
    without one, EventBridge sees no calls, and the notices of `watch` stay silent. Null: no trail of its own.
  EOT
  type = object({
    retention_days    = optional(number, 400)
    management_events = optional(bool, false)
  })
  default = null
}

variable "replica" {
  description = "Where the archive is replicated, locks included: the output `replica` of modules/replica, which is called with the provider of that account and region; and how. Null: nowhere."
  type = object({
    bucket_arn    = string
    key_arn       = string
    account_id    = string
    region        = string
    storage_class = optional(string, "STANDARD")
    time_control  = optional(bool, false)
  })
  default = null
}

variable "watch" {
  description = <<-EOT
    Who is told of alarms (`subscriptions`, by a name of your choice), where the folder runbooks can be read (`runbooks_url`: alarms link there), and when alarms ring
    (`thresholds`, modules/watch).
  EOT
  type = object({
    subscriptions = optional(map(object({
      protocol = string
      endpoint = string
    })), {})
    runbooks_url = string
    thresholds = optional(object({
      backlog_minutes     = optional(number, 10)
      backlog_hours       = optional(number, 24)
      checkpoint_minutes  = optional(number, 10)
      unlogged_minutes    = optional(number, 15)
      duration_percent    = optional(number, 80)
      rejected_percent    = optional(number, 1)
      replication_minutes = optional(number, 60)
    }), {})
  })
  nullable = false
}

variable "deletion_protection" {
  description = "Whether table and keys refuse deletion. Turn it off, and apply, before a teardown; locked objects stay all the same."
  type        = bool
  default     = true
  nullable    = false
}

variable "log_retention_days" {
  description = "Days for which the functions' own logs are kept (no evidence: they tell of work, not of events)."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}; CloudWatch Logs takes 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}
