variable "name" {
  description = "Name of the function, and of its role."
  type        = string
  nullable    = false
}

variable "description" {
  description = "What the function does, in a few words."
  type        = string
  nullable    = false
}

variable "package" {
  description = "Path of the zip that holds the function's `bootstrap`."
  type        = string
  nullable    = false

  validation {
    condition     = fileexists(var.package)
    error_message = "There is no file ${var.package}. Make the packages first: cargo lambda build --release --arm64 --output-format zip -p cairn-ingest -p cairn-checkpoint"
  }
}

variable "architecture" {
  description = "`arm64` or `x86_64`: what the package was built for."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is ${var.architecture}; Lambda has arm64 and x86_64."
  }
}

variable "memory_mb" {
  description = "Memory, in MB; Lambda gives processor time in proportion (a whole core at 1,769)."
  type        = number
  nullable    = false
}

variable "timeout_seconds" {
  description = "Seconds that an invocation may take."
  type        = number
  nullable    = false
}

variable "reserved_concurrency" {
  description = "Invocations at a time that are set aside for this function, and its most; null for none."
  type        = number
  default     = null
}

variable "environment" {
  description = "Variables of the function. Names and numbers, no secrets."
  type        = map(string)
  nullable    = false
}

variable "policy" {
  description = "Policy document (JSON) of what the function calls, beside writing its logs and traces."
  type        = string
  nullable    = false
}

variable "logs" {
  description = "Days for which logs are kept, and the ARN of the key that they are encrypted under."
  type = object({
    retention_days = number
    kms_key_arn    = string
  })
  nullable = false
}
