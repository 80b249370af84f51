resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_144:replication is a choice of the deployment (module replication), not of every bucket
  #checkov:skip=CKV2_AWS_62:the module's caller sends notifications where there is somebody to notify
  #checkov:skip=CKV_AWS_18:the module's caller names the bucket of access logs; that bucket itself has none
  #checkov:skip=CKV_AWS_145:a bucket for S3's access logs takes S3's own key alone; every other caller names a key
  #checkov:skip=CKV2_AWS_61:the module's caller decides the lifecycle
  region              = var.region
  bucket              = var.name
  object_lock_enabled = var.object_lock
}

resource "aws_s3_bucket_versioning" "this" {
  region = var.region
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_ownership_controls" "this" {
  region = var.region
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  region                  = var.region
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  region = var.region
  bucket = aws_s3_bucket.this.id

  rule {
    bucket_key_enabled = try(var.kms_key.bucket_key, false)

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key == null ? "AES256" : "aws:kms"
      kms_master_key_id = try(var.kms_key.arn, null)
    }
  }
}

resource "aws_s3_bucket_object_lock_configuration" "this" {
  count = var.default_retention == null ? 0 : 1

  region = var.region
  # Locks need versions.
  bucket = aws_s3_bucket_versioning.this.bucket

  rule {
    default_retention {
      mode = var.default_retention.mode
      days = var.default_retention.days
    }
  }
}

resource "aws_s3_bucket_logging" "this" {
  count = var.access_logs == null ? 0 : 1

  region        = var.region
  bucket        = aws_s3_bucket.this.id
  target_bucket = var.access_logs.bucket
  target_prefix = "${var.name}/"
}

data "aws_iam_policy_document" "this" {
  source_policy_documents = var.policies

  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  statement {
    sid       = "ModernTlsOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "NumericLessThan"
      variable = "s3:TlsVersion"
      values   = ["1.2"]
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  region = var.region
  bucket = aws_s3_bucket.this.id
  policy = data.aws_iam_policy_document.this.json

  # S3 takes one change of these at a time.
  depends_on = [aws_s3_bucket_public_access_block.this]
}
