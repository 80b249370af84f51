variable "security_account" {
  description = "Number of the security account, from which persons come."
  type        = string
  default     = "444455556666"
  nullable    = false
}

variable "replica" {
  description = "The replica: the output `replica` of security/."
  type = object({
    bucket_arn = string
    key_arn    = string
    account_id = string
    region     = string
  })
  default = {
    bucket_arn = "arn:aws:s3:::example-audit-replica"
    key_arn    = "arn:aws:kms:eu-west-1:444455556666:key/00000000-0000-4000-8000-000000000000"
    account_id = "444455556666"
    region     = "eu-west-1"
  }
  nullable = false
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
