# What some notices are about is told in another region. A copy of their rule there puts it on this region's bus, where the rule
# itself hears it. EventBridge does so within AWS's commercial regions alone.

locals {
  forwards = {
    for id, notice in local.notices : id => notice.region
    if local.partition == "aws" && try(notice.region, local.region) != local.region
  }

  forward_role = "${var.name}-forward"
  bus_arn      = "arn:${local.partition}:events:${local.region}:${local.account}:event-bus/default"
}

resource "aws_cloudwatch_event_rule" "elsewhere" {
  for_each = local.forwards
  region   = each.value

  name          = aws_cloudwatch_event_rule.this[each.key].name
  description   = "Forwards to ${local.region}: ${aws_cloudwatch_event_rule.this[each.key].description}"
  event_pattern = aws_cloudwatch_event_rule.this[each.key].event_pattern
  state         = aws_cloudwatch_event_rule.this[each.key].state
}

resource "aws_cloudwatch_event_target" "elsewhere" {
  for_each = local.forwards
  region   = each.value

  rule     = aws_cloudwatch_event_rule.elsewhere[each.key].name
  arn      = local.bus_arn
  role_arn = aws_iam_role.forward[0].arn
}

resource "aws_iam_role" "forward" {
  count = length(local.forwards) > 0 ? 1 : 0

  name               = local.forward_role
  description        = "EventBridge forwards to ${local.region} what the notices of ${var.name} are about."
  assume_role_policy = data.aws_iam_policy_document.forward_trust.json
}

resource "aws_iam_role_policy" "forward" {
  count = length(local.forwards) > 0 ? 1 : 0

  name   = "forward"
  role   = aws_iam_role.forward[0].name
  policy = data.aws_iam_policy_document.forward.json
}

data "aws_iam_policy_document" "forward_trust" {
  statement {
    sid     = "LetRulesForward"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [for id, region in local.forwards : "arn:${local.partition}:events:${region}:${local.account}:rule/${var.name}-${id}"]
    }
  }
}

data "aws_iam_policy_document" "forward" {
  statement {
    sid       = "Forward"
    actions   = ["events:PutEvents"]
    resources = [local.bus_arn]
  }
}
