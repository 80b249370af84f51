# The local cloud, from the module that is deployed on AWS: what `cargo local up` makes through the API, made by
# Terraform instead. For LocalStack or any emulator of AWS on one port.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true

  endpoints {
    cloudwatch = var.endpoint
    dynamodb   = var.endpoint
    events     = var.endpoint
    athena     = var.endpoint
    glue       = var.endpoint
    iam        = var.endpoint
    kinesis    = var.endpoint
    kms        = var.endpoint
    lambda     = var.endpoint
    logs       = var.endpoint
    s3         = var.endpoint
    scheduler  = var.endpoint
    sns        = var.endpoint
    sts        = var.endpoint
  }
}

module "cairn" {
  source = "../.."

  name          = "cairn"
  bucket_prefix = "cairn"
  origin        = "cairn.local/demo"
  bundle        = var.bundle
  packages      = var.packages

  # Two, so that there is more than one chain.
  stream = { shards = 2 }

  # Sealed within a second: requests cost nothing here.
  ingest = {
    batch_size     = 1000
    window_seconds = 1
  }

  # A portal that opens sessions for tenants' auditors, and somebody for the worst hour.
  access = {
    tenant_auditors = { principals = ["arn:aws:iam::000000000000:role/portal"] }
    break_glass     = { principals = ["arn:aws:iam::000000000000:user/worst-hour"] }
  }

  watch = { runbooks_url = "https://git.example.com/cairn/infra/runbooks" }

  checkpoint = { reserved_concurrency = 1 }
}
