# The trail, in the workload's account and eu-central-1. Its replica is in the security account and eu-west-1, made by a
# configuration of its own (security/), which the security account alone applies: the credentials that run this one have no
# rights there.

provider "aws" {
  region = "eu-central-1"

  default_tags {
    tags = { service = "audit-trail" }
  }
}

module "cairn" {
  source = "../.."

  origin        = "audit.example.com/prod"
  bucket_prefix = "example-audit"
  bundle        = var.bundle
  packages      = var.packages
  replica       = var.replica

  # A steady load is cheaper in shards of its own; two for 2,000 records and 2 MB a second.
  stream     = { shards = 2 }
  checkpoint = { reserved_concurrency = 1 }

  archive = {
    retention_classes = {
      standard  = { days = 400, instant_after_days = 90 }
      regulated = { days = 2557, instant_after_days = 90, deep_after_days = 400 }
    }
  }

  access = {
    # Persons and the tenants' portal come from the security account; SSO asks for MFA itself.
    auditors        = { principals = ["arn:aws:iam::${var.security_account}:role/auditors"], mfa = false }
    tenant_auditors = { principals = ["arn:aws:iam::${var.security_account}:role/audit-portal"] }
    operators       = { principals = ["arn:aws:iam::${var.security_account}:role/audit-operators"], mfa = false }
    break_glass     = { principals = var.break_glass_users }
  }

  # Clients with a certificate of ours put over HTTPS.
  intake = {
    auth = {
      mutual_tls = {
        domain_name        = "events.audit.example.com"
        certificate_arn    = var.certificate_arn
        truststore_uri     = var.truststore.uri
        truststore_version = var.truststore.version
      }
    }
  }

  # The account has no other trail.
  trail = { management_events = true }

  watch = {
    runbooks_url = "https://git.example.com/platform/cairn/infra/runbooks"
    subscriptions = {
      oncall   = { protocol = "https", endpoint = "https://events.example.com/integration/audit-trail" }
      security = { protocol = "email", endpoint = "security@example.com" }
    }
  }
}
