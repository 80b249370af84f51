# Under a stand-in for the provider: a real account would be changed, and none has this number.
provider "aws" {
  allowed_account_ids = ["123456789012"]
}

variables {
  name               = "acme-audit"
  bucket_prefix      = "acme"
  archive_bucket     = "acme-archive"
  access_logs_bucket = "acme-access-logs"
  retention_classes  = ["standard", "regulated", "short"]
}

run "tables" {
  assert {
    condition     = aws_glue_catalog_database.this.name == "acme_audit" && output.tables == tolist(["chain_events", "events", "recent_events", "tenant_events"])
    error_message = "Four tables, in a database whose name needs no quotes."
  }

  # The list of SPEC.md, section 11, in the order of the file.
  assert {
    condition = [for column in aws_glue_catalog_table.this["recent_events"].storage_descriptor[0].columns : "${column.name} ${column.type}"] == [
      "time timestamp",
      "arrived timestamp",
      "tenant string",
      "actor_type string",
      "actor_id string",
      "action string",
      "resource_type string",
      "resource_id string",
      "outcome string",
      "source_ip string",
      "session string",
      "trace_id string",
      "id string",
      "chain string",
      "number bigint",
      "index bigint",
      "sequence_number string",
      "event string",
      "private binary",
      "key_id string",
    ]
    error_message = "The columns are those of batches."
  }

  assert {
    condition = alltrue([
      for name in ["chain_events", "events"] :
      [for column in aws_glue_catalog_table.this[name].storage_descriptor[0].columns : column.name] == [for column in aws_glue_catalog_table.this["recent_events"].storage_descriptor[0].columns : column.name]
    ])
    error_message = "All tables have the same columns..."
  }

  assert {
    condition = (
      [for column in aws_glue_catalog_table.this["tenant_events"].storage_descriptor[0].columns : column.name]
      == [for column in aws_glue_catalog_table.this["recent_events"].storage_descriptor[0].columns : column.name if column.name != "tenant"]
    )
    error_message = "...but for the tenant, where it is a partition: no name stands twice."
  }

  assert {
    condition = { for name, table in aws_glue_catalog_table.this : name => table.storage_descriptor[0].location } == {
      recent_events = "s3://acme-archive/batches/"
      chain_events  = "s3://acme-archive/batches/"
      events        = "s3://acme-archive/segments/"
      tenant_events = "s3://acme-archive/segments/"
    }
    error_message = "Tables lie where objects do."
  }

  assert {
    condition = alltrue([
      for table in aws_glue_catalog_table.this :
      table.parameters["classification"] == "parquet" && table.parameters["read_restored_glacier_objects"] == "true" && strcontains(table.storage_descriptor[0].ser_de_info[0].serialization_library, "ParquetHiveSerDe")
    ])
    error_message = "Parquet, and what was restored from Glacier is read."
  }
}

# A projection that does not list what is there hides it without a word.
run "nothing_is_hidden" {
  assert {
    condition = alltrue([
      for name in ["recent_events", "events"] :
      length(aws_glue_catalog_table.this[name].partition_keys) == 0 && alltrue([for key, value in aws_glue_catalog_table.this[name].parameters : !startswith(key, "projection.") && key != "storage.location.template"])
    ])
    error_message = "The tables of everything have no partitions."
  }

  assert {
    condition = { for key, value in aws_glue_catalog_table.this["chain_events"].parameters : key => value if startswith(key, "projection.") || startswith(key, "storage.") } == {
      "projection.enabled"        = "true"
      "projection.stream.type"    = "injected"
      "projection.created.type"   = "injected"
      "projection.shard.type"     = "injected"
      "storage.location.template" = "s3://acme-archive/batches/$${stream}/$${created}/$${shard}/"
    }
    error_message = "A chain is named by the query: none is out of a range."
  }

  assert {
    condition = { for key, value in aws_glue_catalog_table.this["tenant_events"].parameters : key => value if startswith(key, "projection.") || startswith(key, "storage.") } == {
      "projection.enabled"          = "true"
      "projection.class.type"       = "enum"
      "projection.class.values"     = "regulated,short,standard"
      "projection.tenant.type"      = "injected"
      "projection.dt.type"          = "date"
      "projection.dt.format"        = "yyyy-MM-dd"
      "projection.dt.range"         = "2025-01-01,NOW+1DAY"
      "projection.dt.interval"      = "1"
      "projection.dt.interval.unit" = "DAYS"
      "storage.location.template"   = "s3://acme-archive/segments/class=$${class}/tenant=$${tenant}/dt=$${dt}/"
    }
    error_message = "A tenant is named by the query; its classes and days are all that there can be."
  }

  assert {
    condition     = [for key in aws_glue_catalog_table.this["tenant_events"].partition_keys : key.name] == ["class", "tenant", "dt"] && output.tenant_table == "tenant_events"
    error_message = "The tenant is a partition."
  }
}

run "workgroups" {
  assert {
    condition     = aws_athena_workgroup.auditors.configuration[0].enforce_workgroup_configuration && aws_athena_workgroup.auditors.configuration[0].publish_cloudwatch_metrics_enabled
    error_message = "Who asks does not choose where results go, or how they are encrypted."
  }

  assert {
    condition = (
      aws_athena_workgroup.auditors.configuration[0].result_configuration[0].output_location == "s3://acme-query-results/auditors/"
      && aws_athena_workgroup.auditors.configuration[0].result_configuration[0].expected_bucket_owner == data.aws_caller_identity.current.account_id
    )
    error_message = "Results go to our bucket, and to nobody else's of that name."
  }

  assert {
    condition = alltrue([
      for workgroup in [aws_athena_workgroup.auditors, aws_athena_workgroup.tenants] :
      workgroup.configuration[0].result_configuration[0].encryption_configuration[0].encryption_option == "SSE_KMS"
      && workgroup.configuration[0].result_configuration[0].encryption_configuration[0].kms_key_arn == module.key.arn
      && workgroup.configuration[0].bytes_scanned_cutoff_per_query == 107374182400
      && workgroup.configuration[0].engine_version[0].selected_engine_version == "Athena engine version 3"
    ])
    error_message = "Results are encrypted under their key; a query scans 100 GB at most; the engine is the one that the SQL is for."
  }

  # Else one tenant's results would lie with another's.
  assert {
    condition     = !aws_athena_workgroup.tenants.configuration[0].enforce_workgroup_configuration && aws_athena_workgroup.tenants.configuration[0].result_configuration[0].output_location == null
    error_message = "Tenants' queries name where their results go."
  }
}

run "results" {
  assert {
    condition     = output.results_bucket == "acme-query-results" && output.results_key_arn == module.key.arn
    error_message = "A bucket and a key of their own."
  }

  assert {
    condition = {
      for statement in jsondecode(data.aws_iam_policy_document.results.json).Statement : statement.Sid => statement.Condition
      if statement.Effect == "Deny" && statement.Action == "s3:PutObject" && statement.Principal == "*" && statement.Resource == "arn:aws:s3:::acme-query-results/*"
      } == {
      EncryptedPutsOnly = {
        Null            = { "s3:x-amz-server-side-encryption" = "false" }
        StringNotEquals = { "s3:x-amz-server-side-encryption" = "aws:kms" }
      }
      UnderTheResultsKeyOnly = {
        Null            = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = "false" }
        StringNotEquals = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = module.key.arn }
      }
    }
    error_message = "No put chooses another encryption than the bucket's."
  }

  assert {
    condition = [
      for statement in jsondecode(module.key.policy).Statement : merge(
        statement.Condition.StringEquals,
        { for key, value in statement.Condition.StringLike : key => join(" ", sort(value)) },
      )
      if statement.Effect == "Allow" && contains(flatten([statement.Action]), "kms:Decrypt")
      ] == [{
        "kms:CallerAccount"                = data.aws_caller_identity.current.account_id
        "kms:ViaService"                   = "s3.${module.key.region}.amazonaws.com"
        "kms:EncryptionContext:aws:s3:arn" = "arn:aws:s3:::acme-query-results arn:aws:s3:::acme-query-results/*"
    }]
    error_message = "The key is for these results, through S3."
  }

  assert {
    condition     = one(flatten([for rule in aws_s3_bucket_lifecycle_configuration.results.rule : rule.expiration[*].days if rule.id == "end"])) == 30
    error_message = "Results are deleted after 30 days."
  }
}

run "questions" {
  assert {
    condition = toset(keys(output.named_queries)) == toset([
      "batch", "coverage", "denied", "exports", "failed_logins", "outside_hours", "person", "privilege_changes", "rejections", "resource", "trace",
    ])
    error_message = "The usual questions."
  }

  assert {
    condition = alltrue([
      for query in aws_athena_named_query.this :
      query.workgroup == "acme-audit" && query.database == "acme_audit" && length(query.description) > 10 && startswith(query.query, "-- ${query.description}\n")
    ])
    error_message = "In the auditors' workgroup, over our database, with the first line of the file as its description."
  }
}

run "no_limit" {
  command = plan

  variables {
    scan_limit_gb = 0
  }

  expect_failures = [var.scan_limit_gb]
}

run "results_for_good" {
  command = plan

  variables {
    results_days = 0
  }

  expect_failures = [var.results_days]
}

run "no_classes" {
  command = plan

  variables {
    retention_classes = []
  }

  expect_failures = [var.retention_classes]
}
