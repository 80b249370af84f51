variable "region" {
  description = "AWS region."
  type        = string
  default     = "eu-central-1"
  nullable    = false
}

variable "origin" {
  description = "Name of the log, for good: a domain of yours and a path, without a scheme."
  type        = string
  default     = "audit.example.com/prod"
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
