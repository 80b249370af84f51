variable "name" {
  description = "Name of the stream."
  type        = string
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the key that records are encrypted under."
  type        = string
  nullable    = false
}

variable "retention_hours" {
  description = "Hours for which records stay: a week, or longer while what is about to expire cannot be sealed yet."
  type        = number
  default     = 168
  nullable    = false

  validation {
    condition     = var.retention_hours >= 168 && var.retention_hours <= 8760 && var.retention_hours == floor(var.retention_hours)
    error_message = "retention_hours is ${var.retention_hours}; expected 168 to 8,760: a week at least, as records are handed on to the failure destination after six days."
  }
}

variable "shards" {
  description = "Shards that are paid for whether used or not; null for a stream that scales by itself and is paid by use."
  type        = number
  default     = null

  validation {
    condition     = var.shards == null ? true : var.shards >= 1 && var.shards == floor(var.shards)
    error_message = "shards is ${coalesce(var.shards, 0)}; give a whole number from 1, or null for a stream on demand."
  }
}
