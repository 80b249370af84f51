variable "alias" {
  description = "Alias of the key, without `alias/`; null for none."
  type        = string
  default     = null
}

variable "description" {
  description = "What the key protects, in a few words."
  type        = string
  nullable    = false
}

variable "region" {
  description = "Region of the key, where it is not the provider's."
  type        = string
  default     = null
}

variable "spec" {
  description = "`SYMMETRIC_DEFAULT` for a key that encrypts, and is rotated once a year; any other for one that signs, and is not."
  type        = string
  default     = "SYMMETRIC_DEFAULT"
  nullable    = false
}

variable "used_through" {
  description = "Services, such as `s3`, through which whoever IAM lets may decrypt and encrypt; nobody may by itself."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "used_for" {
  description = "Where the service is `s3`: ARNs, with wildcards, of the buckets and objects for which alone it is used so; none for all that IAM lets."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "policies" {
  description = "Policy documents (JSON) of who else may use the key, and of who may not."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether the key refuses to be disabled or deleted: without it, what it protects is noise, or nobody's word."
  type        = bool
  nullable    = false
}

variable "deletion_window_days" {
  description = "Days between the order to delete the key and its end: time to see the alarm and cancel. 7 to 30."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.deletion_window_days >= 7 && var.deletion_window_days <= 30
    error_message = "deletion_window_days is ${var.deletion_window_days}; KMS takes 7 to 30. Leave it at 30: a deleted data key is a deleted archive."
  }
}
