//! Where records name what they are about.
//!
//! Types are those of CloudFormation and AWS Config, which `resources` uses too.

/// A path of members and places to a string.
pub(super) type Path = &'static [&'static str];

/// What names resources of one service.
#[derive(Debug)]
pub(super) struct Service {
    /// Its name in `eventSource`.
    pub(super) name: &'static str,
    /// What its operations make.
    pub(super) made: &'static [Made],
    /// What the parameters of its operations name. The most specific comes first: an operation
    /// that names two of them is about the first.
    pub(super) named: &'static [Named],
}

/// What an operation makes: its response names it, and parameters may name what it is made in.
#[derive(Debug)]
pub(super) struct Made {
    /// `eventName`
    pub(super) operation: &'static str,
    /// Its place in `responseElements`.
    pub(super) path: Path,
    pub(super) kind: &'static str,
}

/// What a parameter names.
#[derive(Debug)]
pub(super) struct Named {
    /// Its place in `requestParameters`.
    pub(super) path: Path,
    pub(super) kind: &'static str,
    /// The ARN that follows from the name, if one does.
    pub(super) arn: Option<Arn>,
    /// What `eventName` must hold for it to count.
    pub(super) operation: &'static str,
    /// What another parameter, `resourceType`, must be for it to count; anything if this is empty.
    pub(super) told: &'static str,
}

/// How an ARN follows from a name: `arn:<partition>:<service>:<region>:<account>:<before><name>`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arn {
    pub(super) service: &'static str,
    /// Whether region and account are parts of it.
    pub(super) region: bool,
    pub(super) account: bool,
    pub(super) before: &'static str,
}

pub(super) const fn made(operation: &'static str, path: Path, kind: &'static str) -> Made {
    Made { operation, path, kind }
}

pub(super) const fn named(path: Path, kind: &'static str) -> Named {
    Named { path, kind, arn: None, operation: "", told: "" }
}

impl Named {
    pub(super) const fn when(self, operation: &'static str) -> Self {
        Self { operation, ..self }
    }

    const fn told(self, told: &'static str) -> Self {
        Self { told, ..self }
    }

    const fn regional(self, service: &'static str, before: &'static str) -> Self {
        Self { arn: Some(Arn { service, region: true, account: true, before }), ..self }
    }

    /// IAM's are of the account, in no region. Their path is left out, which no parameter tells and
    /// most do not have: names are unique without it.
    const fn iam(self, before: &'static str) -> Self {
        Self { arn: Some(Arn { service: "iam", region: false, account: true, before }), ..self }
    }

    /// Buckets are of no account and no region: their names are unique in the partition.
    const fn s3(self) -> Self {
        Self { arn: Some(Arn { service: "s3", region: false, account: false, before: "" }), ..self }
    }
}

const TRAIL: &str = "AWS::CloudTrail::Trail";
const TABLE: &str = "AWS::DynamoDB::Table";
const FUNCTION: &str = "AWS::Lambda::Function";
const SECRET: &str = "AWS::SecretsManager::Secret";
const TOPIC: &str = "AWS::SNS::Topic";
const QUEUE: &str = "AWS::SQS::Queue";
const PARAMETER: &str = "AWS::SSM::Parameter";
const DOCUMENT: &str = "AWS::SSM::Document";

/// What Systems Manager names by `resourceType` and `resourceId`.
const RESOURCE: Path = &["resourceId"];

pub(super) const SERVICES: &[Service] = &[
    Service {
        name: "cloudtrail",
        made: &[],
        named: &[
            named(&["trailName"], TRAIL).regional("cloudtrail", "trail/"),
            named(&["name"], TRAIL).regional("cloudtrail", "trail/"),
            named(&["resourceIdList", "0"], TRAIL),
        ],
    },
    Service {
        name: "dynamodb",
        made: &[],
        named: &[
            named(&["tableName"], TABLE).regional("dynamodb", "table/"),
            named(&["resourceArn"], TABLE),
        ],
    },
    Service { name: "ec2", made: super::ec2::MADE, named: super::ec2::NAMED },
    Service {
        name: "iam",
        made: &[
            made("CreateInstanceProfile", &["instanceProfile", "arn"], "AWS::IAM::InstanceProfile"),
            made("CreateRole", &["role", "arn"], "AWS::IAM::Role"),
            made("CreateServiceLinkedRole", &["role", "arn"], "AWS::IAM::Role"),
            made("CreateUser", &["user", "arn"], "AWS::IAM::User"),
            made("CreateGroup", &["group", "arn"], "AWS::IAM::Group"),
            made("CreatePolicy", &["policy", "arn"], "AWS::IAM::ManagedPolicy"),
        ],
        named: &[
            named(&["instanceProfileName"], "AWS::IAM::InstanceProfile").iam("instance-profile/"),
            named(&["roleName"], "AWS::IAM::Role").iam("role/"),
            named(&["userName"], "AWS::IAM::User").iam("user/"),
            named(&["groupName"], "AWS::IAM::Group").iam("group/"),
            named(&["policyArn"], "AWS::IAM::ManagedPolicy"),
            named(&["policyName"], "AWS::IAM::ManagedPolicy").iam("policy/"),
            named(&["serialNumber"], "AWS::IAM::VirtualMFADevice"),
        ],
    },
    Service {
        name: "kms",
        made: &[made("CreateKey", &["keyMetadata", "arn"], "AWS::KMS::Key")],
        named: &[named(&["keyId"], "AWS::KMS::Key"), named(&["aliasName"], "AWS::KMS::Alias")],
    },
    Service {
        name: "lambda",
        made: &[],
        named: &[named(&["functionName"], FUNCTION).regional("lambda", "function:")],
    },
    Service { name: "logs", made: &[], named: &[named(&["logGroupName"], "AWS::Logs::LogGroup")] },
    Service {
        name: "rds",
        made: &[],
        named: &[
            named(&["dBInstanceIdentifier"], "AWS::RDS::DBInstance"),
            named(&["dBClusterIdentifier"], "AWS::RDS::DBCluster"),
        ],
    },
    Service {
        name: "s3",
        made: &[],
        named: &[
            named(&["bucketName"], "AWS::S3::Bucket").s3(),
            named(&["bucket"], "AWS::S3::Bucket").s3(),
        ],
    },
    Service {
        name: "secretsmanager",
        made: &[made("CreateSecret", &["arn"], SECRET)],
        named: &[named(&["secretId"], SECRET), named(&["name"], SECRET)],
    },
    Service {
        name: "sns",
        made: &[made("CreateTopic", &["topicArn"], TOPIC)],
        named: &[named(&["topicArn"], TOPIC), named(&["name"], TOPIC)],
    },
    Service {
        name: "sqs",
        made: &[made("CreateQueue", &["queueUrl"], QUEUE)],
        named: &[named(&["queueUrl"], QUEUE), named(&["queueName"], QUEUE)],
    },
    Service {
        name: "ssm",
        made: &[],
        named: &[
            named(RESOURCE, PARAMETER).regional("ssm", "parameter/").told("Parameter"),
            named(RESOURCE, DOCUMENT).told("Document"),
            named(RESOURCE, "AWS::SSM::Association").told("Association"),
            named(RESOURCE, "AWS::SSM::Automation").told("Automation"),
            named(RESOURCE, "AWS::SSM::MaintenanceWindow").told("MaintenanceWindow"),
            named(RESOURCE, "AWS::SSM::ManagedInstance").told("ManagedInstance"),
            named(RESOURCE, "AWS::SSM::OpsItem").told("OpsItem"),
            named(RESOURCE, "AWS::SSM::OpsMetadata").told("OpsMetadata"),
            named(RESOURCE, "AWS::SSM::PatchBaseline").told("PatchBaseline"),
            named(RESOURCE, "ssm"),
            named(&["instanceId"], "AWS::EC2::Instance"),
            named(&["instanceIds", "0"], "AWS::EC2::Instance"),
            named(&["documentName"], DOCUMENT),
            named(&["associationId"], "AWS::SSM::Association"),
            named(&["windowId"], "AWS::SSM::MaintenanceWindow"),
            named(&["baselineId"], "AWS::SSM::PatchBaseline"),
            named(&["opsItemId"], "AWS::SSM::OpsItem"),
            named(&["name"], PARAMETER).regional("ssm", "parameter/").when("Parameter"),
            named(&["names", "0"], PARAMETER).regional("ssm", "parameter/").when("Parameter"),
            named(&["name"], DOCUMENT).when("Document"),
            named(&["name"], DOCUMENT).when("Association"),
        ],
    },
    Service { name: "sts", made: &[], named: &[named(&["roleArn"], "AWS::IAM::Role")] },
];

/// Types of the resources that ARNs of `resources` name without a type, by the ARN's service and
/// the beginning of its last part.
pub(super) const ARNS: &[(&str, &str, &str)] = &[
    ("dynamodb", "table/", TABLE),
    ("ec2", "instance/", "AWS::EC2::Instance"),
    ("iam", "policy/", "AWS::IAM::ManagedPolicy"),
    ("iam", "role/", "AWS::IAM::Role"),
    ("iam", "user/", "AWS::IAM::User"),
    ("kms", "key/", "AWS::KMS::Key"),
    ("lambda", "function:", FUNCTION),
    ("logs", "log-group:", "AWS::Logs::LogGroup"),
    ("secretsmanager", "secret:", SECRET),
    ("ssm", "association/", "AWS::SSM::Association"),
    ("ssm", "document/", DOCUMENT),
    ("ssm", "parameter/", PARAMETER),
];

/// Partitions, by the beginning of their regions' names; all others are in `aws`.
pub(super) const PARTITIONS: &[(&str, &str)] = &[
    ("cn-", "aws-cn"),
    ("eusc-", "aws-eusc"),
    ("us-gov-", "aws-us-gov"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-iso-", "aws-iso"),
    ("us-isof-", "aws-iso-f"),
    ("us-isob-", "aws-iso-b"),
];
