# What is refused, and that what is left out is safe.

mock_provider "aws" {
  # Mocks make up values; those that are read as JSON or ARNs must be some.
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
}

variables {
  watch    = { runbooks_url = "https://git.example.com/cairn/infra/runbooks" }
  origin   = "audit.example.com/prod"
  packages = { ingest = "tests/fixtures/bootstrap.zip", checkpoint = "tests/fixtures/bootstrap.zip" }
}

run "defaults" {
  command = plan

  assert {
    condition     = output.lock_mode == "COMPLIANCE" && output.batch_retention_days == 35 && output.log_retention_days == 3650
    error_message = "What is left out is not safe."
  }

  assert {
    condition     = local.bucket_prefix == "cairn-123456789012-eu-central-1"
    error_message = "Buckets have names that nobody else has."
  }

  assert {
    condition     = var.deletion_protection
    error_message = "Table and keys are protected."
  }
}

run "an_origin_with_a_scheme" {
  command = plan

  variables {
    origin = "https://audit.example.com/prod"
  }

  expect_failures = [var.origin]
}

run "a_bundle_that_is_no_hash" {
  command = plan

  variables {
    bundle = "latest"
  }

  expect_failures = [var.bundle]
}

run "a_soft_lock" {
  command = plan

  variables {
    archive = { lock_mode = "NONE" }
  }

  expect_failures = [var.archive]
}

run "a_lock_shorter_than_a_redrive" {
  command = plan

  variables {
    archive = { batch_retention_days = 7 }
  }

  expect_failures = [var.archive]
}

run "events_that_outlive_their_proofs" {
  command = plan

  variables {
    archive = {
      log_retention_days = 400
      retention_classes  = { regulated = { days = 2557 } }
    }
  }

  expect_failures = [var.archive]
}

run "tiers_out_of_order" {
  command = plan

  variables {
    archive = { retention_classes = { standard = { days = 400, instant_after_days = 300, deep_after_days = 100 } } }
  }

  expect_failures = [var.archive]
}

run "too_little_memory" {
  command = plan

  variables {
    ingest = { memory_mb = 128 }
  }

  expect_failures = [var.ingest]
}

run "a_name_that_is_none" {
  command = plan

  variables {
    name = "Cairn Audit"
  }

  expect_failures = [var.name]
}
