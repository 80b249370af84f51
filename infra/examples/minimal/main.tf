# The smallest audit trail that can be trusted: one region, one shard, a batch a minute. The README beside this says what it costs.

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

  # Up to 1,000 records a second; null for a stream that scales by itself.
  stream = { shards = 1 }
  # A quiet minute's events make one batch. With 10 they are sealed sooner, for 1.81 $ more a month.
  ingest = { window_seconds = 60 }

  watch = {
    runbooks_url  = "https://git.example.com/cairn/infra/runbooks"
    subscriptions = { oncall = { protocol = "email", endpoint = "oncall@example.com" } }
  }
}
