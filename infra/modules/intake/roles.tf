data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "LetApiGatewayAct"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["apigateway.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "intake" {
  name               = "${var.name}-intake"
  description        = "API Gateway puts records on the stream of ${var.name} with it."
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "intake" {
  name   = "put"
  role   = aws_iam_role.intake.name
  policy = data.aws_iam_policy_document.put.json
}

data "aws_iam_policy_document" "put" {
  statement {
    sid       = "PutEvents"
    actions   = ["kinesis:PutRecord"]
    resources = [var.stream_arn]
  }

  statement {
    sid       = "EncryptEvents"
    actions   = ["kms:GenerateDataKey"]
    resources = [var.stream_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["kinesis.${data.aws_region.current.region}.${data.aws_partition.current.dns_suffix}"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:kinesis:arn"
      values   = [var.stream_arn]
    }
  }
}

# Logs of every API of the account and region.
resource "aws_api_gateway_account" "logs" {
  count = var.account_log_role ? 1 : 0

  cloudwatch_role_arn = aws_iam_role.logs[0].arn

  depends_on = [aws_iam_role_policy_attachment.logs]
}

resource "aws_iam_role" "logs" {
  count = var.account_log_role ? 1 : 0

  name               = "${var.name}-intake-logs"
  description        = "API Gateway writes the logs of all APIs of this account and region with it."
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy_attachment" "logs" {
  count = var.account_log_role ? 1 : 0

  role       = aws_iam_role.logs[0].name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}
