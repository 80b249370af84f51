variable "name" {
  description = "Name of the deployment: roles and policies are called `<name>-<who>`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "Found the name \"${var.name}\"; expected 3 to 32 of a-z, 0-9 and -, a letter first and no - last: names of roles are made from it."
  }
}

variable "stream_arn" {
  description = "ARN of the stream."
  type        = string
  nullable    = false
}

variable "archive_bucket_arn" {
  description = "ARN of the archive's bucket."
  type        = string
  nullable    = false
}

variable "expired_bucket_arn" {
  description = "ARN of the bucket of records that Lambda gave up on: the failure destination."
  type        = string
  nullable    = false
}

variable "table_arn" {
  description = "ARN of the ledger table."
  type        = string
  nullable    = false
}

variable "keys" {
  description = "ARNs of the KMS keys: `data` encrypts stream, archive and expired records, `ledger` the table, `signing` sign checkpoints, all generations."
  type = object({
    data    = string
    ledger  = string
    signing = list(string)
  })
  nullable = false

  validation {
    condition     = length(distinct(concat([var.keys.data, var.keys.ledger], var.keys.signing))) == 2 + length(var.keys.signing)
    error_message = "Found the same key twice in `keys`; expected keys apart: who may use one must not thereby use another."
  }
}

variable "functions" {
  description = "Functions, which break-glass may stop and start, their logs, which it may read, and the event source mapping, which it may not touch."
  type = object({
    ingest_arn     = string
    checkpoint_arn = string
    mapping_arn    = string
    log_group_arns = list(string)
  })
  nullable = false

  validation {
    condition     = length(var.functions.log_group_arns) > 0
    error_message = "Found no `functions.log_group_arns`; expected those of the functions: IAM takes no statement about nothing."
  }
}

variable "trail" {
  description = "The trail of who used the evidence, which auditors read: its bucket and key; null where there is none."
  type = object({
    bucket_arn = string
    key_arn    = string
  })
  default = null
}

variable "query" {
  description = "What auditors may ask with Athena. The workgroup of tenants must not enforce its result location: each tenant's results go to `tenants/<tenant>/` of the results bucket, and to nowhere else."
  type = object({
    workgroup_arn      = string
    database           = string
    tables             = list(string)
    results_bucket_arn = string
    results_key_arn    = string
    tenant = object({
      workgroup_arn = string
      table         = string
    })
  })
  nullable = false

  validation {
    condition     = !contains(flatten(values(var.keys)), var.query.results_key_arn)
    error_message = "Found a key of the evidence as `query.results_key_arn`; expected a key of its own: results are written by auditors, who must not encrypt under keys of the evidence."
  }
}

variable "auditors" {
  description = "Who may become auditor, by ARN; null: nobody, there is no role. `mfa` asks for MFA in IAM's sense; set it to false only where principals sign in elsewhere (IAM Identity Center, SAML), which asks for MFA itself."
  type = object({
    principals = set(string)
    mfa        = optional(bool, true)
  })
  default = null

  validation {
    condition     = var.auditors == null ? true : length(var.auditors.principals) > 0 && alltrue([for arn in var.auditors.principals : can(regex("^arn:[a-z-]+:(iam|sts)::[0-9]{12}:[^*?]+$", arn))])
    error_message = "Found ${jsonencode(try(var.auditors.principals, []))} in `auditors.principals`; expected ARNs of roles, users or accounts, without wildcards, at least one."
  }
}

variable "tenant_auditors" {
  description = "Who may open a session for a tenant's auditor, by ARN; null: nobody, there is no role. These decide the tenant of each session (tag `tenant`), any tenant: name only what has itself found out whom it serves, such as your portal's role."
  type = object({
    principals = set(string)
  })
  default = null

  validation {
    condition     = var.tenant_auditors == null ? true : length(var.tenant_auditors.principals) > 0 && alltrue([for arn in var.tenant_auditors.principals : can(regex("^arn:[a-z-]+:(iam|sts)::[0-9]{12}:[^*?]+$", arn)) && !endswith(arn, ":root")])
    error_message = "Found ${jsonencode(try(var.tenant_auditors.principals, []))} in `tenant_auditors.principals`; expected ARNs of roles or users, without wildcards, at least one, and no whole account: whoever is named here reads any tenant."
  }
}

variable "operators" {
  description = "Who may become operator, by ARN; empty: whoever this account's own IAM lets. `mfa` as for `auditors`."
  type = object({
    principals = optional(set(string), [])
    mfa        = optional(bool, true)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for arn in var.operators.principals : can(regex("^arn:[a-z-]+:(iam|sts)::[0-9]{12}:[^*?]+$", arn))])
    error_message = "Found ${jsonencode(var.operators.principals)} in `operators.principals`; expected ARNs of roles, users or accounts, without wildcards."
  }

  validation {
    condition     = var.operators.mfa || length(var.operators.principals) > 0
    error_message = "Found `operators.mfa = false` and no principals; expected principals: without MFA the whole account must not be trusted."
  }
}

variable "break_glass" {
  description = "Who may break the glass, by ARN; null: nobody, there is no role. MFA no older than an hour is always asked for, so these are IAM users, which also work while the identity provider is down."
  type = object({
    principals = set(string)
  })
  default = null

  validation {
    condition     = var.break_glass == null ? true : length(var.break_glass.principals) > 0 && alltrue([for arn in var.break_glass.principals : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:user/[^*?]+$", arn))])
    error_message = "Found ${jsonencode(try(var.break_glass.principals, []))} in `break_glass.principals`; expected ARNs of IAM users, without wildcards, at least one: sessions of roles carry no age of MFA, and could never get in."
  }
}
