# What Cairn is made of, and who may do what. Each part is a module; what goes between them is here.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region
  dns       = data.aws_partition.current.dns_suffix

  bucket_prefix = coalesce(var.bucket_prefix, "${var.name}-${local.account}-${local.region}")

  # Keys and buckets name roles before these exist, and roles name keys and buckets: hence names, not references.
  roles = {
    for role in ["ingest", "checkpoint", "operator", "break-glass"] :
    role => "arn:${local.partition}:iam::${local.account}:role/${var.name}-${role}"
  }
  # For the same reason.
  functions = {
    for function in ["ingest", "checkpoint"] :
    function => "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${var.name}-${function}"
  }
  log_groups = [
    for group in ["/aws/lambda/${var.name}-*", "/aws/apigateway/${var.name}-intake"] :
    "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${group}"
  ]

  # Without a bundle nothing can be judged: records wait on the stream.
  fed = var.bundle != null && !var.paused.ingest

  # What both functions are told; each has a variable or two of its own beside.
  environment = {
    CAIRN_ORIGIN               = var.origin
    CAIRN_BUCKET               = module.archive.bucket
    CAIRN_TABLE                = module.ledger.name
    CAIRN_DATA_KEY             = module.keys.data_arn
    CAIRN_LOCK_MODE            = var.archive.lock_mode
    CAIRN_BATCH_RETENTION_DAYS = tostring(var.archive.batch_retention_days)
  }
}

module "keys" {
  source = "./modules/keys"

  name                 = var.name
  deletion_window_days = var.keys.deletion_window_days
  deletion_protection  = var.deletion_protection
  signing              = var.keys.signing
  signer_role_arn      = local.roles["checkpoint"]
  log_group_arns       = local.log_groups
  topic_arn            = "arn:${local.partition}:sns:${local.region}:${local.account}:${var.name}-alarms"
}

module "stream" {
  source = "./modules/stream"

  name        = "${var.name}-events"
  kms_key_arn = module.keys.data_arn
  shards      = var.stream.shards

  retention_hours = var.stream.retention_hours
}

module "ledger" {
  source = "./modules/ledger"

  name                = "${var.name}-ledger"
  kms_key_arn         = module.keys.ledger_arn
  deletion_protection = var.deletion_protection
}

module "archive" {
  source = "./modules/archive"

  bucket_prefix              = local.bucket_prefix
  kms_key_arn                = module.keys.data_arn
  lock_mode                  = var.archive.lock_mode
  batch_retention_days       = var.archive.batch_retention_days
  log_retention_days         = var.archive.log_retention_days
  batches_instant_after_days = var.archive.batches_instant_after_days
  retention_classes          = var.archive.retention_classes
  access_logs_retention_days = var.archive.access_logs_retention_days

  writers = {
    batches = local.roles["ingest"]
    log     = local.roles["checkpoint"]
    config  = local.roles["operator"]
    # Expired cursors, when the ledger table is made again; orders by which stopped chains go on.
    recovery = var.access.break_glass == null ? null : local.roles["break-glass"]
  }
}

module "ingest" {
  source = "./modules/function"

  name                 = "${var.name}-ingest"
  description          = "Seals the records of the stream: validates, chains and archives them"
  package              = var.packages.ingest
  architecture         = var.packages.architecture
  memory_mb            = var.ingest.memory_mb
  timeout_seconds      = var.ingest.timeout_seconds
  reserved_concurrency = var.paused.ingest ? 0 : var.ingest.reserved_concurrency
  policy               = data.aws_iam_policy_document.ingest.json

  environment = merge(
    local.environment,
    var.bundle == null ? {} : { CAIRN_BUNDLE = var.bundle },
    var.ingest.traces ? { CAIRN_TRACES = "xray" } : {},
  )

  logs = {
    retention_days = var.log_retention_days
    kms_key_arn    = module.keys.operations_arn
  }
}

module "mapping" {
  source = "./modules/mapping"

  stream_arn              = module.stream.arn
  function_name           = module.ingest.name
  failure_destination_arn = module.archive.expired_arn
  enabled                 = local.fed
  batch_size              = var.ingest.batch_size
  window_seconds          = var.ingest.window_seconds
}

module "checkpoint" {
  source = "./modules/function"

  name                 = "${var.name}-checkpoint"
  description          = "Takes new batches into the transparency log and signs its checkpoint"
  package              = var.packages.checkpoint
  architecture         = var.packages.architecture
  memory_mb            = var.checkpoint.memory_mb
  timeout_seconds      = var.checkpoint.timeout_seconds
  reserved_concurrency = var.paused.checkpoint ? 0 : var.checkpoint.reserved_concurrency
  policy               = data.aws_iam_policy_document.checkpoint.json

  environment = merge(local.environment, {
    CAIRN_LOG_RETENTION_DAYS = tostring(var.archive.log_retention_days)
    CAIRN_SIGNING_KEYS       = join(",", module.keys.signing_arns)
  })

  logs = {
    retention_days = var.log_retention_days
    kms_key_arn    = module.keys.operations_arn
  }
}

module "schedule" {
  source = "./modules/schedule"

  name          = "${var.name}-checkpoint"
  role_name     = "${var.name}-schedule"
  function_name = module.checkpoint.name
  function_arn  = module.checkpoint.arn
  expression    = var.checkpoint.schedule
}

module "access" {
  source = "./modules/access"

  name               = var.name
  stream_arn         = module.stream.arn
  archive_bucket_arn = module.archive.arn
  expired_bucket_arn = module.archive.expired_arn
  table_arn          = module.ledger.arn
  auditors           = var.access.auditors
  tenant_auditors    = var.access.tenant_auditors
  operators          = var.access.operators
  break_glass        = var.access.break_glass
  trail              = var.trail == null ? null : { bucket_arn = module.trail[0].bucket_arn, key_arn = module.trail[0].key_arn }

  keys = {
    data    = module.keys.data_arn
    ledger  = module.keys.ledger_arn
    signing = module.keys.all_signing_arns
  }

  query = {
    workgroup_arn      = module.query.workgroup_arn
    database           = module.query.database
    tables             = module.query.tables
    results_bucket_arn = module.query.results_bucket_arn
    results_key_arn    = module.query.results_key_arn

    tenant = {
      workgroup_arn = module.query.tenant_workgroup_arn
      table         = module.query.tenant_table
    }
  }

  functions = {
    ingest_arn     = module.ingest.arn
    checkpoint_arn = module.checkpoint.arn
    mapping_arn    = module.mapping.arn
    log_group_arns = [module.ingest.log_group_arn, module.checkpoint.log_group_arn]
  }
}

module "query" {
  source = "./modules/query"

  name               = var.name
  bucket_prefix      = local.bucket_prefix
  archive_bucket     = module.archive.bucket
  access_logs_bucket = module.archive.access_logs_bucket
  retention_classes  = keys(var.archive.retention_classes)
  scan_limit_gb      = var.query.scan_limit_gb
  results_days       = var.query.results_days
}

module "intake" {
  source = "./modules/intake"
  count  = var.intake == null ? 0 : 1

  name             = var.name
  stream_arn       = module.stream.arn
  stream_key_arn   = module.keys.data_arn
  auth             = var.intake.auth
  throttle         = var.intake.throttle
  account_log_role = var.intake.account_log_role

  logs = { key_arn = module.keys.operations_arn }
}

module "trail" {
  source = "./modules/trail"
  count  = var.trail == null ? 0 : 1

  name                 = var.name
  bucket               = "${local.bucket_prefix}-trail"
  evidence_bucket_arns = [module.archive.arn, module.archive.expired_arn]
  table_arn            = module.ledger.arn
  function_roles       = [module.ingest.name, module.checkpoint.name]
  management_events    = var.trail.management_events
  deletion_protection  = var.deletion_protection

  lock = {
    mode = var.archive.lock_mode
    days = var.trail.retention_days
  }
}

module "replication" {
  source = "./modules/replication"
  count  = var.replica == null ? 0 : 1

  name          = var.name
  replica       = var.replica
  storage_class = var.replica.storage_class
  time_control  = var.replica.time_control

  archive = {
    bucket     = module.archive.bucket
    bucket_arn = module.archive.arn
    key_arn    = module.keys.data_arn
  }
}

module "watch" {
  source = "./modules/watch"

  name              = var.name
  origin            = var.origin
  topic_kms_key_arn = module.keys.operations_arn
  stream            = { name = module.stream.name, arn = module.stream.arn }
  table             = { name = module.ledger.name, arn = module.ledger.arn }
  schedule          = module.schedule.name
  signer_role_arn   = local.roles["checkpoint"]
  roles             = [for role in ["ingest", "checkpoint", "schedule", "operator", "break-glass", "replication"] : "${var.name}-${role}"]
  fed               = local.fed
  break_glass       = var.access.break_glass == null ? null : { role_arn = local.roles["break-glass"] }
  subscriptions     = var.watch.subscriptions
  runbooks_url      = var.watch.runbooks_url
  intake            = var.intake == null ? null : { name = module.intake[0].metrics.ApiName, stage = module.intake[0].metrics.Stage }
  thresholds        = var.watch.thresholds

  replication = var.replica == null ? null : {
    source_bucket      = module.archive.bucket
    destination_bucket = split(":::", var.replica.bucket_arn)[1]
    region             = var.replica.region
    rule_id            = module.replication[0].rule_id
  }

  functions = {
    ingest = {
      name            = module.ingest.name
      arn             = module.ingest.arn
      log_group       = module.ingest.log_group
      timeout_seconds = var.ingest.timeout_seconds
      memory_mb       = var.ingest.memory_mb
    }
    checkpoint = {
      name            = module.checkpoint.name
      arn             = module.checkpoint.arn
      log_group       = module.checkpoint.log_group
      timeout_seconds = var.checkpoint.timeout_seconds
      memory_mb       = var.checkpoint.memory_mb
    }
  }

  buckets = {
    archive = module.archive.bucket
    expired = module.archive.expired_bucket
    others  = concat([module.archive.access_logs_bucket, module.query.results_bucket], module.trail[*].bucket)
  }

  keys = {
    data    = module.keys.data_arn
    ledger  = module.keys.ledger_arn
    signing = module.keys.all_signing_arns
    others  = concat([module.query.results_key_arn], module.trail[*].key_arn)
  }
}
