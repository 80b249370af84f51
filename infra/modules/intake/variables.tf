variable "name" {
  description = "Name of the deployment: the API is called `<name>-intake`."
  type        = string
  nullable    = false
}

variable "stream_arn" {
  description = "ARN of the stream."
  type        = string
  nullable    = false
}

variable "stream_key_arn" {
  description = "ARN of the key that encrypts the stream."
  type        = string
  nullable    = false
}

variable "auth" {
  description = "Who gets in, one of: `iam`, requests signed (SigV4) by these principals, by ARN, of this account or others; `mutual_tls`, clients with a certificate of an authority in the truststore (PEM, at an S3 address and version), at a domain of your own with a certificate in ACM."
  type = object({
    iam = optional(object({
      principals = set(string)
    }))
    mutual_tls = optional(object({
      domain_name        = string
      certificate_arn    = string
      truststore_uri     = string
      truststore_version = string
    }))
  })
  nullable = false

  validation {
    condition     = (var.auth.iam == null) != (var.auth.mutual_tls == null)
    error_message = "Found ${var.auth.iam == null ? "neither" : "both"} of `auth.iam` and `auth.mutual_tls`; expected one: the intake is never open."
  }

  validation {
    condition     = var.auth.iam == null ? true : length(var.auth.iam.principals) > 0 && alltrue([for arn in var.auth.iam.principals : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:[^*?]+$", arn))])
    error_message = "Found ${jsonencode(try(var.auth.iam.principals, []))} in `auth.iam.principals`; expected ARNs of roles, users or accounts, without wildcards, at least one."
  }

  validation {
    condition     = var.auth.mutual_tls == null ? true : can(regex("^s3://[^/]+/.+$", var.auth.mutual_tls.truststore_uri))
    error_message = "Found \"${try(var.auth.mutual_tls.truststore_uri, "")}\" as `auth.mutual_tls.truststore_uri`; expected s3://<bucket>/<key>."
  }
}

variable "throttle" {
  description = "Requests that all clients together may make: `rate` a second, lasting, and `burst` at once. A shard takes 1,000 records a second."
  type = object({
    rate  = optional(number, 500)
    burst = optional(number, 1000)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.throttle.rate > 0 && var.throttle.burst > 0
    error_message = "Found rate ${var.throttle.rate} and burst ${var.throttle.burst} in `throttle`; expected more than 0: with 0 nothing gets in."
  }
}

variable "logs" {
  description = "Access logs: the key that encrypts them, which CloudWatch Logs must be allowed to use, and for how many days they are kept."
  type = object({
    key_arn        = string
    retention_days = optional(number, 365)
  })
  nullable = false
}

variable "account_log_role" {
  description = "Whether to set the role with which API Gateway writes logs. It is one for the whole account and region: set false where the account has one."
  type        = bool
  default     = true
  nullable    = false
}
