data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  # Columns and tables; the tests of the queries read them from there too.
  catalog = jsondecode(file("${path.module}/catalog.json"))

  # What projections take from this deployment.
  projected = { class = { values = join(",", sort(var.retention_classes)) } }
}

resource "aws_glue_catalog_database" "this" {
  name        = replace(var.name, "-", "_")
  description = "The archive of ${var.name}, as tables."
}

resource "aws_glue_catalog_table" "this" {
  for_each = local.catalog.tables

  database_name = aws_glue_catalog_database.this.name
  name          = each.key
  description   = each.value.comment
  table_type    = "EXTERNAL_TABLE"

  parameters = merge(
    {
      EXTERNAL       = "TRUE"
      classification = "parquet"
      # What lies in Deep Archive is skipped; once it is restored it must not be.
      read_restored_glacier_objects = "true"
    },
    can(each.value.template) ? {
      "projection.enabled"        = "true"
      "storage.location.template" = "s3://${var.archive_bucket}/${each.value.template}"
    } : {},
    [
      for partition in try(each.value.partitions, []) : {
        for property, value in merge(partition.projection, lookup(local.projected, partition.name, {})) :
        "projection.${partition.name}.${property}" => value
      }
    ]...
  )

  dynamic "partition_keys" {
    for_each = try(each.value.partitions, [])

    content {
      name    = partition_keys.value.name
      type    = partition_keys.value.type
      comment = partition_keys.value.comment
    }
  }

  storage_descriptor {
    location      = "s3://${var.archive_bucket}/${each.value.location}"
    input_format  = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"

    ser_de_info {
      serialization_library = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
      parameters            = { "serialization.format" = "1" }
    }

    # A name is a column's or a partition's. Columns are found in objects by their names.
    dynamic "columns" {
      for_each = [
        for column in local.catalog.columns : column
        if !contains([for partition in try(each.value.partitions, []) : partition.name], column.name)
      ]

      content {
        name    = columns.value.name
        type    = columns.value.type
        comment = columns.value.comment
      }
    }
  }
}

resource "aws_athena_workgroup" "auditors" {
  name        = var.name
  description = "Questions to the archive of ${var.name}. Where results go, and under which key, is not for who asks to choose."
  # The history of queries is kept by CloudTrail; here it must not stand in the way of a teardown.
  force_destroy = true

  configuration {
    enforce_workgroup_configuration    = true
    publish_cloudwatch_metrics_enabled = true
    bytes_scanned_cutoff_per_query     = var.scan_limit_gb * pow(2, 30)

    engine_version {
      selected_engine_version = "Athena engine version 3"
    }

    result_configuration {
      output_location       = "s3://${module.results.name}/auditors/"
      expected_bucket_owner = data.aws_caller_identity.current.account_id

      encryption_configuration {
        encryption_option = "SSE_KMS"
        kms_key_arn       = module.key.arn
      }
    }
  }
}

# Tenants share a workgroup, but not results: each query names a location, and who asks may write to that of the own
# tenant alone. An enforced location would be one for all. The limit holds all the same, and the bucket's policy
# keeps the encryption what it is.
resource "aws_athena_workgroup" "tenants" {
  #checkov:skip=CKV_AWS_82:each tenant has results of its own, so the location is the query's; the bucket enforces the encryption
  name          = "${var.name}-tenants"
  description   = "Questions of tenants to their own part of the archive of ${var.name}. Results go to tenants/<tenant>/ of ${local.results_bucket}."
  force_destroy = true

  configuration {
    enforce_workgroup_configuration    = false
    publish_cloudwatch_metrics_enabled = true
    bytes_scanned_cutoff_per_query     = var.scan_limit_gb * pow(2, 30)

    engine_version {
      selected_engine_version = "Athena engine version 3"
    }

    result_configuration {
      encryption_configuration {
        encryption_option = "SSE_KMS"
        kms_key_arn       = module.key.arn
      }
    }
  }
}

# One file a question. Its first line says what it answers.
resource "aws_athena_named_query" "this" {
  for_each = fileset("${path.module}/queries", "*.sql")

  name        = trimsuffix(each.key, ".sql")
  description = regex("^-- (.*)\n", file("${path.module}/queries/${each.key}"))[0]
  database    = aws_glue_catalog_database.this.name
  workgroup   = aws_athena_workgroup.auditors.name
  query       = file("${path.module}/queries/${each.key}")
}
