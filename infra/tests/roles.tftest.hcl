# What the functions may call, whole: a right that is added shows here.

# Under a stand-in for the provider: a real account would be changed, and none has this number.
provider "aws" {
  allowed_account_ids = ["123456789012"]
}

variables {
  bucket_prefix = "audit"
  watch         = { runbooks_url = "https://git.example.com/cairn/infra/runbooks" }
  origin        = "audit.example.com/prod"
  packages      = { ingest = "tests/fixtures/bootstrap.zip", checkpoint = "tests/fixtures/bootstrap.zip" }
}

run "least_privilege" {
  assert {
    condition = jsonencode({
      for statement in jsondecode(data.aws_iam_policy_document.ingest.json).Statement :
      statement.Sid => "${statement.Effect}: ${join(" ", sort(flatten([statement.Action])))} on ${join(" ", sort(flatten([statement.Resource])))}"
      }) == jsonencode({
      ReadTheStream             = "Allow: kinesis:DescribeStream kinesis:DescribeStreamSummary kinesis:GetRecords kinesis:GetShardIterator kinesis:ListShards on ${module.stream.arn}"
      ListStreams               = "Allow: kinesis:ListStreams on *"
      DecryptTheStream          = "Allow: kms:Decrypt on ${module.keys.data_arn}"
      SealBatches               = "Allow: s3:PutObject s3:PutObjectRetention on arn:aws:s3:::audit-archive/batches/* arn:aws:s3:::audit-archive/quarantine/*"
      ReadWhatIsSealed          = "Allow: s3:GetObject s3:GetObjectRetention s3:GetObjectVersion on arn:aws:s3:::audit-archive/batches/* arn:aws:s3:::audit-archive/orders/* arn:aws:s3:::audit-archive/quarantine/*"
      ReadTheBundle             = "Allow: s3:GetObject on arn:aws:s3:::audit-archive/config/*"
      ListNames                 = "Allow: s3:ListBucket s3:ListBucketVersions on arn:aws:s3:::audit-archive"
      KeepWhatExpired           = "Allow: s3:PutObject on arn:aws:s3:::audit-expired/*"
      FindWhereToKeepIt         = "Allow: s3:ListBucket on arn:aws:s3:::audit-expired"
      EncryptWhatExpired        = "Allow: kms:Decrypt kms:GenerateDataKey on ${module.keys.data_arn}"
      UseTheDataKeyInTheArchive = "Allow: kms:Decrypt kms:GenerateDataKey on ${module.keys.data_arn}"
      MoveChains                = "Allow: dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem on ${module.ledger.arn}"
      UseTheLedgerKey           = "Allow: kms:Decrypt on ${module.keys.ledger_arn}"
    })
    error_message = "Ingest may something else than it calls."
  }

  assert {
    condition = jsonencode({
      for statement in jsondecode(data.aws_iam_policy_document.checkpoint.json).Statement :
      statement.Sid => "${statement.Effect}: ${join(" ", sort(flatten([statement.Action])))} on ${join(" ", sort(flatten([statement.Resource])))}"
      }) == jsonencode({
      WriteTheLog               = "Allow: s3:PutObject s3:PutObjectRetention on arn:aws:s3:::audit-archive/log/*"
      ReadTheLog                = "Allow: s3:GetObject on arn:aws:s3:::audit-archive/log/*"
      ListNames                 = "Allow: s3:ListBucket on arn:aws:s3:::audit-archive"
      UseTheDataKeyInTheArchive = "Allow: kms:Decrypt kms:GenerateDataKey on ${module.keys.data_arn}"
      ReadTheLedger             = "Allow: dynamodb:GetItem dynamodb:Query on ${module.ledger.arn}"
      MoveTheLog                = "Allow: dynamodb:PutItem on ${module.ledger.arn}"
      UseTheLedgerKey           = "Allow: kms:Decrypt on ${module.keys.ledger_arn}"
      Sign                      = "Allow: kms:GetPublicKey kms:Sign on ${join(" ", module.keys.signing_arns)}"
    })
    error_message = "Checkpoint may something else than it calls."
  }

  # Each moves what is its own in the table, and a condition that holds for no key at all is none.
  assert {
    condition = jsonencode({
      for statement in concat(jsondecode(data.aws_iam_policy_document.ingest.json).Statement, jsondecode(data.aws_iam_policy_document.checkpoint.json).Statement) :
      statement.Sid => flatten([for test, keys in statement.Condition : keys["dynamodb:LeadingKeys"] if can(keys["dynamodb:LeadingKeys"])])
      if can(regex("dynamodb", join("", flatten([statement.Action]))))
      }) == jsonencode({
      MoveChains    = ["chains", "chain#*", "false"]
      ReadTheLedger = ["log", "chains", "chain#*", "false"]
      MoveTheLog    = ["log", "false"]
    })
    error_message = "A function may move what the other one does."
  }

  # What writes evidence names the function, too: its role can be given to another one.
  assert {
    condition = jsonencode({
      for statement in concat(jsondecode(data.aws_iam_policy_document.ingest.json).Statement, jsondecode(data.aws_iam_policy_document.checkpoint.json).Statement) :
      statement.Sid => statement.Condition.ArnEqualsIfExists["lambda:SourceFunctionArn"] if can(statement.Condition.ArnEqualsIfExists)
      }) == jsonencode({
      SealBatches = module.ingest.arn
      MoveChains  = module.ingest.arn
      WriteTheLog = module.checkpoint.arn
      MoveTheLog  = module.checkpoint.arn
      Sign        = module.checkpoint.arn
    })
    error_message = "Another function under the same role may write evidence."
  }

  # Keys are used through the services that hold what they encrypt, or for the stream alone.
  assert {
    condition = alltrue([
      for statement in concat(jsondecode(data.aws_iam_policy_document.ingest.json).Statement, jsondecode(data.aws_iam_policy_document.checkpoint.json).Statement) :
      can(statement.Condition.StringEquals["kms:ViaService"]) || can(statement.Condition.StringEquals["kms:EncryptionContext:aws:kinesis:arn"])
      if can(regex("kms:(Decrypt|GenerateDataKey)", join(" ", flatten([statement.Action]))))
    ])
    error_message = "A key is used without its service."
  }
}
