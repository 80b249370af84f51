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

variable "shards" {
  description = "Shards that are paid for whether used or not; null for a stream that scales by itself and is paid by use."
  type        = number
  default     = null

  validation {
    condition     = var.shards == null ? true : var.shards >= 1 && var.shards == floor(var.shards)
    error_message = "shards is ${coalesce(var.shards, 0)}; give a whole number from 1, or null for a stream on demand."
  }
}
