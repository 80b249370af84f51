variable "name" {
  description = "Name of the table."
  type        = string
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the key that the table is encrypted under."
  type        = string
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether DynamoDB refuses to delete the table. Only `false` lets `terraform destroy` through."
  type        = bool
  default     = true
  nullable    = false
}
