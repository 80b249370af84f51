variable "stream_arn" {
  description = "ARN of the stream."
  type        = string
  nullable    = false
}

variable "function_name" {
  description = "Name of the function that the stream is fed to."
  type        = string
  nullable    = false
}

variable "failure_destination_arn" {
  description = "ARN of the bucket for records that could not be sealed in six days."
  type        = string
  nullable    = false
}

variable "enabled" {
  description = "Whether records are handed over. Where not, they wait on the stream, for a week."
  type        = bool
  nullable    = false
}

variable "batch_size" {
  description = "Records that the function is handed at once, at most: 1 to 10,000. Larger batches are cheaper; 6 MB bound them anyway."
  type        = number
  nullable    = false

  validation {
    condition     = var.batch_size >= 1 && var.batch_size <= 10000 && var.batch_size == floor(var.batch_size)
    error_message = "batch_size is ${var.batch_size}; Lambda takes a whole number from 1 to 10,000."
  }
}

variable "window_seconds" {
  description = "Seconds for which records are gathered, at most: 0 to 300. The longer, the fewer batches, and the later an event is sealed."
  type        = number
  nullable    = false

  validation {
    condition     = var.window_seconds >= 0 && var.window_seconds <= 300 && var.window_seconds == floor(var.window_seconds)
    error_message = "window_seconds is ${var.window_seconds}; Lambda takes a whole number from 0 to 300."
  }
}
