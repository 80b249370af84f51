variable "name" {
  description = "Name of the deployment: the key's alias is `alias/<name>-replica`."
  type        = string
  nullable    = false
}

variable "bucket" {
  description = "Name of the bucket."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "Found the bucket name \"${var.bucket}\"; expected 3 to 63 of a-z, 0-9 and -, neither first nor last a -."
  }
}

variable "region" {
  description = "Region of the replica, where it is not the provider's: a second region of the same account needs no second provider."
  type        = string
  default     = null
}

variable "source_role_arn" {
  description = "ARN of the role that replicates, `arn:aws:iam::<account>:role/<name>-replication`: module `replication` makes it, in this account or another. It need not exist yet."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[^*?]+$", var.source_role_arn))
    error_message = "Found \"${var.source_role_arn}\" as `source_role_arn`; expected the ARN of one role, without wildcards."
  }
}

variable "retention_classes" {
  description = "Days for which segments are kept, by retention class. Segments of a class that is not named are kept for ever."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for days in values(var.retention_classes) : days >= 1 && floor(days) == days])
    error_message = "Found ${jsonencode(var.retention_classes)} as `retention_classes`; expected whole numbers of days, 1 or more."
  }
}

variable "access_logs" {
  description = "The bucket of the same account and region that S3's access logs go to, below `<bucket>/`; null: none are written."
  type = object({
    bucket = string
  })
  default = null
}

variable "deletion_protection" {
  description = "Whether the key refuses to be disabled or deleted: without it, what is locked is noise."
  type        = bool
  default     = true
  nullable    = false
}
