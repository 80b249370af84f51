resource "aws_iam_role" "auditor" {
  count = var.auditors == null ? 0 : 1

  name               = "${var.name}-auditor"
  description        = "Reads and verifies the evidence of ${var.name}; writes nothing of it."
  assume_role_policy = data.aws_iam_policy_document.auditor_trust[0].json
  # A whole verification reads the whole archive.
  max_session_duration = 43200
}

resource "aws_iam_role_policy" "auditor" {
  count = var.auditors == null ? 0 : 1

  name   = "audit"
  role   = aws_iam_role.auditor[0].name
  policy = data.aws_iam_policy_document.auditor.json
}

data "aws_iam_policy_document" "auditor_trust" {
  count = var.auditors == null ? 0 : 1

  statement {
    sid     = "BecomeAuditor"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = var.auditors.principals
    }

    dynamic "condition" {
      for_each = var.auditors.mfa ? ["true"] : []

      content {
        test     = "Bool"
        variable = "aws:MultiFactorAuthPresent"
        values   = [condition.value]
      }
    }
  }
}

data "aws_iam_policy_document" "auditor" {
  source_policy_documents = [
    data.aws_iam_policy_document.reads.json,
    data.aws_iam_policy_document.auditor_query.json,
    data.aws_iam_policy_document.results["auditor"].json,
  ]

  # Who used the evidence is for auditors to see.
  dynamic "statement" {
    for_each = var.trail == null ? [] : [var.trail]

    content {
      sid       = "ReadTheTrail"
      actions   = ["s3:GetObject", "s3:ListBucket"]
      resources = [statement.value.bucket_arn, "${statement.value.bucket_arn}/*"]
    }
  }

  dynamic "statement" {
    for_each = var.trail == null ? [] : [var.trail]

    content {
      sid       = "DecryptTheTrail"
      actions   = ["kms:Decrypt"]
      resources = [statement.value.key_arn]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = [local.via.s3]
      }
    }
  }

  # Whatever else is ever attached to the role, it cannot write evidence or sign.
  statement {
    sid    = "NothingButReads"
    effect = "Deny"
    not_actions = [
      "dynamodb:GetItem",
      "dynamodb:Query",
      "kinesis:DescribeStreamSummary",
      "kms:Decrypt",
      "kms:GetPublicKey",
      "s3:GetBucketLocation",
      "s3:GetObject",
      "s3:GetObjectRetention",
      "s3:GetObjectVersion",
      "s3:ListBucket",
      "s3:ListBucketVersions",
    ]
    resources = local.evidence
  }
}

data "aws_iam_policy_document" "auditor_query" {
  statement {
    sid = "Query"
    actions = [
      "athena:BatchGetNamedQuery",
      "athena:GetNamedQuery",
      "athena:GetQueryExecution",
      "athena:GetQueryResults",
      "athena:GetWorkGroup",
      "athena:ListNamedQueries",
      "athena:ListQueryExecutions",
      "athena:StartQueryExecution",
      "athena:StopQueryExecution",
    ]
    resources = [var.query.workgroup_arn]
  }

  # What Athena's console opens with: names of workgroups and catalogs, for which there are no resources.
  statement {
    #checkov:skip=CKV_AWS_356:these lists have no resources
    sid       = "OpenTheConsole"
    actions   = ["athena:ListDataCatalogs", "athena:ListWorkGroups"]
    resources = ["*"]
  }

  statement {
    sid = "BrowseTables"
    actions = [
      "athena:GetDataCatalog",
      "athena:GetDatabase",
      "athena:GetTableMetadata",
      "athena:ListDatabases",
      "athena:ListTableMetadata",
    ]
    resources = ["arn:${data.aws_partition.current.partition}:athena:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:datacatalog/AwsDataCatalog"]
  }

  statement {
    sid     = "FindDatabase"
    actions = ["glue:GetDatabase", "glue:GetDatabases"]
    # Athena asks for `default` whatever the query is about.
    resources = ["${local.glue}:catalog", "${local.glue}:database/default", "${local.glue}:database/${var.query.database}"]
  }

  statement {
    sid     = "FindTables"
    actions = ["glue:GetPartitions", "glue:GetTable", "glue:GetTables"]
    resources = concat(
      ["${local.glue}:catalog", "${local.glue}:database/${var.query.database}"],
      [for table in var.query.tables : "${local.glue}:table/${var.query.database}/${table}"],
    )
  }

  statement {
    sid       = "ListResults"
    actions   = ["s3:ListBucket", "s3:ListBucketMultipartUploads"]
    resources = [var.query.results_bucket_arn]
  }
}
