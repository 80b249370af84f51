variable "name" {
  description = "Name of the deployment: workgroups are `<name>` and `<name>-tenants`, the database is `<name>` with underscores."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}[a-z0-9]$", var.name))
    error_message = "name is ${var.name}; expected 2 to 32 of a-z, 0-9 and -, beginning with a letter: the database is called so, too."
  }
}

variable "bucket_prefix" {
  description = "Prefix of the name of the bucket of results, `<bucket_prefix>-query-results`."
  type        = string
  nullable    = false
}

variable "archive_bucket" {
  description = "Name of the archive's bucket."
  type        = string
  nullable    = false
}

variable "access_logs_bucket" {
  description = "Name of the bucket that takes S3's access logs of the results."
  type        = string
  nullable    = false
}

variable "retention_classes" {
  description = "Names of all retention classes whose segments are still kept, former ones too: the table `tenant_events` looks in these alone."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.retention_classes) > 0 && alltrue([for class in var.retention_classes : can(regex("^[a-z0-9-]{1,64}$", class))])
    error_message = "retention_classes is [${join(", ", var.retention_classes)}]; expected at least one class, each 1 to 64 of a-z, 0-9 and -, as the config bundle names them."
  }
}

variable "scan_limit_gb" {
  description = "Gigabytes (2^30 bytes) that a query may scan before Athena ends it: a bound on what a mistake costs, about half a US cent each."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.scan_limit_gb >= 1 && floor(var.scan_limit_gb) == var.scan_limit_gb
    error_message = "scan_limit_gb is ${var.scan_limit_gb}; expected a whole number from 1."
  }
}

variable "results_days" {
  description = "Days after which results are deleted: they are copies, with personal data in them."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.results_days >= 1 && floor(var.results_days) == var.results_days
    error_message = "results_days is ${var.results_days}; expected a whole number from 1: results must not stay for good."
  }
}
