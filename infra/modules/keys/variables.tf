variable "name" {
  description = "Prefix of the aliases."
  type        = string
  nullable    = false
}

variable "deletion_window_days" {
  description = "Days between the order to delete a key and its end: time to see the alarm and cancel. 7 to 30."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.deletion_window_days >= 7 && var.deletion_window_days <= 30
    error_message = "deletion_window_days is ${var.deletion_window_days}; KMS takes 7 to 30. Leave it at 30: a deleted data key is a deleted archive."
  }
}

variable "deletion_protection" {
  description = "Whether the keys of data, ledger and signatures refuse to be disabled or deleted: without them the archive is noise, or nobody's word."
  type        = bool
  default     = true
  nullable    = false
}

variable "signing" {
  description = <<-E
    The keys that sign checkpoints, one for each of `generations`; the alias and the function use `active`. `spec` is `ECC_NIST_EDWARDS25519`, or
    `ECC_NIST_P256` where a KMS has no Ed25519.
  E
  type = object({
    spec        = optional(string, "ECC_NIST_EDWARDS25519")
    active      = optional(string, "1")
    generations = optional(set(string), ["1"])
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["ECC_NIST_EDWARDS25519", "ECC_NIST_P256"], var.signing.spec)
    error_message = "signing.spec is ${var.signing.spec}; checkpoints are signed by ECC_NIST_EDWARDS25519 or ECC_NIST_P256."
  }

  validation {
    condition     = contains(var.signing.generations, var.signing.active)
    error_message = "signing.active is ${var.signing.active}, which is none of signing.generations: add it there."
  }
}

variable "signer_role_arn" {
  description = "ARN of the one role that may sign: the checkpoint function's."
  type        = string
  nullable    = false
}

variable "log_group_arns" {
  description = "ARN patterns of the log groups that the operations key encrypts."
  type        = list(string)
  nullable    = false
}
