variable "name" {
  description = "Name of the deployment: the trail is called `<name>-evidence`, its key `alias/<name>-evidence`."
  type        = string
  nullable    = false
}

variable "bucket" {
  description = "Name of the bucket that the trail is kept in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "Found the bucket name \"${var.bucket}\"; expected 3 to 63 of a-z, 0-9 and -, neither first nor last a -."
  }
}

variable "evidence_bucket_arns" {
  description = "ARNs of the buckets whose use is recorded: the archive, and the one of expired records."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.evidence_bucket_arns) > 0
    error_message = "Found no `evidence_bucket_arns`; expected the archive's at least."
  }
}

variable "table_arn" {
  description = "ARN of the ledger table, whose use is recorded too."
  type        = string
  nullable    = false
}

variable "function_roles" {
  description = "Names of the functions' roles. What they put is not recorded, as each object tells of itself and each event recorded is billed; all else that they do is."
  type        = list(string)
  nullable    = false
}

variable "lock" {
  description = "For how many days the trail is locked, in which mode, before it goes."
  type = object({
    mode = optional(string, "COMPLIANCE")
    days = optional(number, 365)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["COMPLIANCE", "GOVERNANCE"], var.lock.mode)
    error_message = "Found \"${var.lock.mode}\" as `lock.mode`; expected COMPLIANCE or GOVERNANCE."
  }

  validation {
    condition     = var.lock.days >= 1 && floor(var.lock.days) == var.lock.days
    error_message = "Found ${var.lock.days} as `lock.days`; expected a whole number of days, 1 or more."
  }
}

variable "management_events" {
  description = "Whether to record the account's management events too. EventBridge sees calls to KMS, S3 and IAM only where a trail records them: alarms on key misuse and on changed policies need this, unless another trail does it. The first copy is free."
  type        = bool
  default     = false
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether the key refuses to be disabled or deleted: without it, what is locked is noise."
  type        = bool
  default     = true
  nullable    = false
}
