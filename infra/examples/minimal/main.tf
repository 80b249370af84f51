# A production audit trail in one region, with every default: what it costs is in the README beside this.

provider "aws" {
  region = var.region

  default_tags {
    tags = { service = "audit-trail" }
  }
}

module "cairn" {
  source = "../.."

  origin   = var.origin
  bundle   = var.bundle
  packages = var.packages

  watch = {
    runbooks_url  = "https://git.example.com/cairn/infra/runbooks"
    subscriptions = { oncall = { protocol = "email", endpoint = "oncall@example.com" } }
  }
}
