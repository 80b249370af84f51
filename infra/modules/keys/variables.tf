variable "name" {
  description = "Prefix of the aliases."
  type        = string
  nullable    = false
}

variable "deletion_window_days" {
  description = "Days between the order to delete a key and its end. 7 to 30."
  type        = number
  default     = 30
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether the keys of data, ledger and signatures refuse to be disabled or deleted: without them the archive is noise, or nobody's word."
  type        = bool
  default     = true
  nullable    = false
}

variable "signing" {
  description = <<-EOT
    The keys that sign checkpoints. `generations`: the spec of each by its name, `ECC_NIST_EDWARDS25519`, or `ECC_NIST_P256` where a KMS has no Ed25519.
    `signers`: those that sign, the newest first: one, or two while one succeeds the other. A generation that does not sign any more stays, so that
    its public key is at hand for checkpoints of its time.
  EOT
  type = object({
    generations = optional(map(string), { "1" = "ECC_NIST_EDWARDS25519" })
    signers     = optional(list(string), ["1"])
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for spec in var.signing.generations : contains(["ECC_NIST_EDWARDS25519", "ECC_NIST_P256"], spec)])
    error_message = "signing.generations has ${join(", ", values(var.signing.generations))}; checkpoints are signed by ECC_NIST_EDWARDS25519 or ECC_NIST_P256."
  }

  validation {
    condition = contains([1, 2], length(var.signing.signers)) && alltrue([
      for place, signer in var.signing.signers : contains(keys(var.signing.generations), signer) && index(var.signing.signers, signer) == place
    ])
    error_message = "signing.signers is [${join(", ", var.signing.signers)}]; expected one or two of signing.generations (${join(", ", keys(var.signing.generations))}), each once."
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

variable "topic_arn" {
  description = "ARN of the topic of alarms, which the operations key encrypts."
  type        = string
  nullable    = false
}
