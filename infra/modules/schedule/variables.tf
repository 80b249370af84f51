variable "name" {
  description = "Name of the schedule."
  type        = string
  nullable    = false
}

variable "role_name" {
  description = "Name of the role under which the scheduler invokes."
  type        = string
  nullable    = false
}

variable "function_name" {
  description = "Name of the function that is woken."
  type        = string
  nullable    = false
}

variable "function_arn" {
  description = "ARN of the function that is woken."
  type        = string
  nullable    = false
}

variable "expression" {
  description = "When: `rate(...)` or `cron(...)`."
  type        = string
  nullable    = false
}
