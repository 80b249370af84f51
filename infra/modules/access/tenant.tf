locals {
  # The session's tenant. Its tag is bound in the role's trust, and the values of tags can hold neither * nor ?.
  # https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html
  tenant = "$${aws:PrincipalTag/tenant}"

  # `class=*` stands for every retention class. It cannot reach into another tenant's segments: names of
  # tenants hold neither / nor =, so that `/tenant=<t>/` stands in a key at one place only.
  tenant_segments = "segments/class=*/tenant=${local.tenant}/*"

  tenant_results = ["${var.query.results_bucket_arn}/tenants/${local.tenant}/*"]

  # The log holds headers and hashes, no events, and who checks a proof needs it; not its plans and cursors.
  tenant_keys    = [local.tenant_segments, "log/checkpoint", "log/checkpoints/*", "log/tile/*"]
  tenant_objects = [for key in local.tenant_keys : "${var.archive_bucket_arn}/${key}"]
}

resource "aws_iam_role" "tenant_auditor" {
  count = var.tenant_auditors == null ? 0 : 1

  name               = "${var.name}-tenant-auditor"
  description        = "Reads the segments of the session's tenant in the archive of ${var.name}."
  assume_role_policy = data.aws_iam_policy_document.tenant_auditor_trust[0].json
}

resource "aws_iam_role_policy" "tenant_auditor" {
  count = var.tenant_auditors == null ? 0 : 1

  name   = "audit"
  role   = aws_iam_role.tenant_auditor[0].name
  policy = data.aws_iam_policy_document.tenant_auditor.json
}

data "aws_iam_policy_document" "tenant_auditor_trust" {
  count = var.tenant_auditors == null ? 0 : 1

  statement {
    sid     = "BecomeTenantAuditor"
    actions = ["sts:AssumeRole", "sts:TagSession"]

    principals {
      type        = "AWS"
      identifiers = var.tenant_auditors.principals
    }

    # There must be a tenant, and it must not be empty.
    condition {
      test     = "StringLike"
      variable = "aws:RequestTag/tenant"
      values   = ["?*"]
    }

    # A tag of the session is not to be mistaken for anything else elsewhere in the account.
    condition {
      test     = "ForAllValues:StringEquals"
      variable = "aws:TagKeys"
      values   = ["tenant"]
    }
  }
}

data "aws_iam_policy_document" "tenant_auditor" {
  source_policy_documents = [
    data.aws_iam_policy_document.tenant_auditor_query.json,
    data.aws_iam_policy_document.results["tenant"].json,
  ]

  statement {
    sid       = "ListOwnSegments"
    actions   = ["s3:ListBucket"]
    resources = [var.archive_bucket_arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = local.tenant_keys
    }
  }

  statement {
    sid       = "ReadOwnSegments"
    actions   = ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectRetention"]
    resources = local.tenant_objects
  }

  # With bucket keys the encryption context is the bucket for every object: this statement tells no tenant from
  # another. ReadOwnSegments does; without s3:GetObject on an object there is no way to its key through S3.
  statement {
    sid       = "DecryptObjects"
    actions   = ["kms:Decrypt"]
    resources = [var.keys.data]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [local.via.s3]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = concat([var.archive_bucket_arn], local.tenant_objects)
    }
  }

  statement {
    sid       = "GetVerifierKey"
    actions   = ["kms:GetPublicKey"]
    resources = var.keys.signing
  }

  # Whatever else is ever attached to the role: nothing but these reads...
  statement {
    sid    = "NothingButReads"
    effect = "Deny"
    not_actions = [
      "kms:Decrypt",
      "kms:GetPublicKey",
      "s3:GetBucketLocation",
      "s3:GetObject",
      "s3:GetObjectRetention",
      "s3:GetObjectVersion",
      "s3:ListBucket",
    ]
    resources = local.evidence
  }

  # ...and nothing but the tenant's own: batches, quarantine, bundles (which hold the tenant key) and others' segments.
  statement {
    sid           = "NothingOfOthers"
    effect        = "Deny"
    actions       = ["s3:GetObject", "s3:GetObjectVersion"]
    not_resources = concat(local.tenant_objects, local.tenant_results)
  }

  statement {
    sid       = "NoListsOfOthers"
    effect    = "Deny"
    actions   = ["s3:ListBucket"]
    resources = [var.archive_bucket_arn]

    condition {
      test     = "StringNotLike"
      variable = "s3:prefix"
      values   = local.tenant_keys
    }
  }
}

data "aws_iam_policy_document" "tenant_auditor_query" {
  statement {
    sid = "Query"
    actions = [
      "athena:GetQueryExecution",
      "athena:GetQueryResults",
      "athena:GetWorkGroup",
      "athena:StartQueryExecution",
      "athena:StopQueryExecution",
    ]
    resources = [var.query.tenant.workgroup_arn]
  }

  statement {
    sid     = "FindDatabase"
    actions = ["glue:GetDatabase"]
    # Athena asks for `default` whatever the query is about.
    resources = ["${local.glue}:catalog", "${local.glue}:database/default", "${local.glue}:database/${var.query.database}"]
  }

  statement {
    sid     = "FindTable"
    actions = ["glue:GetPartitions", "glue:GetTable"]
    resources = [
      "${local.glue}:catalog",
      "${local.glue}:database/${var.query.database}",
      "${local.glue}:table/${var.query.database}/${var.query.tenant.table}",
    ]
  }
}
