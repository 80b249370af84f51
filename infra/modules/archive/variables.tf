variable "bucket_prefix" {
  description = "Prefix of the three buckets' names, which are unique in all of AWS."
  type        = string
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the key that everything is encrypted under."
  type        = string
  nullable    = false
}

variable "lock_mode" {
  description = "`COMPLIANCE`: nobody shortens a lock, not AWS either. `GOVERNANCE`: whoever has a right for it can, where a policy does not refuse it."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["COMPLIANCE", "GOVERNANCE"], var.lock_mode)
    error_message = "lock_mode is ${var.lock_mode}; Object Lock has COMPLIANCE and GOVERNANCE."
  }
}

variable "batch_retention_days" {
  description = "Days for which batches, quarantine and partial tiles are locked."
  type        = number
  nullable    = false
}

variable "log_retention_days" {
  description = "Days for which full tiles, checkpoints and bundles are locked."
  type        = number
  nullable    = false
}

variable "batches_instant_after_days" {
  description = "Days after which batches that are still there move to Glacier Instant Retrieval; null for never."
  type        = number
  default     = null
}

variable "retention_classes" {
  description = "Retention classes of segments, as the config bundle names them: when they move to Glacier Instant Retrieval and to Deep Archive, when they end."
  type = map(object({
    days               = number
    instant_after_days = optional(number)
    deep_after_days    = optional(number)
  }))
  nullable = false
}

variable "access_logs_retention_days" {
  description = "Days for which access logs are kept."
  type        = number
  nullable    = false
}

variable "writers" {
  description = "ARNs of the roles that may write: `batches` (and quarantine), `log`, `config`, each to its own prefix and no other; `recovery` may put cursors of the log again, too, and alone `orders/*`, by which stopped chains go on."
  type = object({
    batches  = string
    log      = string
    config   = string
    recovery = optional(string)
  })
  nullable = false
}
