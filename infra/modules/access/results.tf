# Athena reads and writes results as who asks: what each keeps there is here, by who it is.
data "aws_iam_policy_document" "results" {
  for_each = {
    auditor = ["${var.query.results_bucket_arn}/*"]
    # In a workgroup that all tenants share, this keeps one's results from others.
    tenant = local.tenant_results
  }

  statement {
    sid       = "FindBuckets"
    actions   = ["s3:GetBucketLocation"]
    resources = [var.archive_bucket_arn, var.query.results_bucket_arn]
  }

  statement {
    sid       = "KeepResults"
    actions   = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
    resources = each.value
  }

  statement {
    sid       = "EncryptResults"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.query.results_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [local.via.s3]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = concat([var.query.results_bucket_arn], each.value)
    }
  }
}
