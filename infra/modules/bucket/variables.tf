variable "name" {
  description = "Name of the bucket."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "The bucket's name is ${var.name}; expected 3 to 63 of a-z, 0-9 and -, without dots, which TLS certificates do not match."
  }
}

variable "region" {
  description = "Region of the bucket, where it is not the provider's."
  type        = string
  default     = null
}

variable "kms_key" {
  description = "The key that everything is encrypted under, one request of KMS for many objects (`bucket_key`) or one each; null for S3's own, for a bucket that takes S3's access logs."
  type = object({
    arn        = string
    bucket_key = optional(bool, true)
  })
  default = null
}

variable "object_lock" {
  description = "Whether objects can be locked. Cannot be turned off again."
  type        = bool
  default     = true
  nullable    = false
}

variable "default_retention" {
  description = "Lock of whatever is put without one of its own; null where each put must name one."
  type = object({
    mode = string
    days = number
  })
  default = null
}

variable "access_logs" {
  description = "The bucket that takes the access logs; null for none."
  type = object({
    bucket = string
  })
  default = null
}

variable "policies" {
  description = "Policy documents (JSON) that are added to the refusal of plain HTTP and of old TLS."
  type        = list(string)
  default     = []
  nullable    = false
}
