# The replica, in the security account and eu-west-1, applied by nobody else.

provider "aws" {
  region = "eu-west-1"

  default_tags {
    tags = { service = "audit-trail" }
  }
}

module "replica" {
  source = "../../../modules/replica"

  name            = "cairn"
  bucket          = "example-audit-replica"
  source_role_arn = "arn:aws:iam::${var.workload_account}:role/cairn-replication"

  retention_classes = {
    standard  = 400
    regulated = 2557
  }
}
