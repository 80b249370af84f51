variable "name" {
  description = "Name of the deployment: the role is called `<name>-replication`."
  type        = string
  nullable    = false
}

variable "archive" {
  description = "The archive: its bucket, with versioning on, and the key of its objects."
  type = object({
    bucket     = string
    bucket_arn = string
    key_arn    = string
  })
  nullable = false
}

variable "replica" {
  description = "Where to: the output `replica` of module `replica`."
  type = object({
    bucket_arn = string
    key_arn    = string
    account_id = string
    region     = string
  })
  nullable = false
}

variable "storage_class" {
  description = "Storage class of replicas. STANDARD_IA and GLACIER_IR bill each object as 128 KB or more, GLACIER and DEEP_ARCHIVE 40 KB on top and must be restored before they are read; all bill 30 to 180 days at least."
  type        = string
  default     = "STANDARD"
  nullable    = false

  validation {
    condition     = contains(["STANDARD", "STANDARD_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"], var.storage_class)
    error_message = "Found the storage class \"${var.storage_class}\"; expected STANDARD, STANDARD_IA, GLACIER_IR, GLACIER or DEEP_ARCHIVE."
  }
}

variable "time_control" {
  description = "Whether S3 promises to replicate within 15 minutes (Replication Time Control). It bills each gigabyte for that."
  type        = bool
  default     = false
  nullable    = false
}
