variable "account" {
  description = "Number of the account that the trail lives in."
  type        = string
  default     = "111122223333"
  nullable    = false
}

variable "security_account" {
  description = "Number of the security account: it holds the replica, and auditors come from it."
  type        = string
  default     = "444455556666"
  nullable    = false
}

variable "bundle" {
  description = "SHA-256 of the config bundle in force; null before the first."
  type        = string
  default     = null
}

variable "packages" {
  description = "Paths of the functions' zips."
  type = object({
    ingest     = string
    checkpoint = string
  })
  default = {
    ingest     = "../../../target/lambda/cairn-ingest/bootstrap.zip"
    checkpoint = "../../../target/lambda/cairn-checkpoint/bootstrap.zip"
  }
  nullable = false
}

variable "certificate_arn" {
  description = "ARN of the ACM certificate of events.audit.example.com."
  type        = string
  default     = "arn:aws:acm:eu-central-1:111122223333:certificate/00000000-0000-4000-8000-000000000000"
  nullable    = false
}

variable "truststore" {
  description = "The authorities whose clients may put: address and version of a PEM file in S3."
  type = object({
    uri     = string
    version = string
  })
  default = {
    uri     = "s3://example-truststore/clients.pem"
    version = "1"
  }
  nullable = false
}

variable "break_glass_users" {
  description = "ARNs of the IAM users who may break the glass."
  type        = set(string)
  default     = ["arn:aws:iam::111122223333:user/break-glass-1"]
  nullable    = false
}
