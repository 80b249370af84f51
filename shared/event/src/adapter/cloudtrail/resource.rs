//! `resource`: the first of the record's `resources`, else the parameter that names what the
//! request was about, else the service in the account.
//!
//! Types are those of CloudFormation and AWS Config, which `resources` uses too.

use super::{Fields, text_at};
use crate::event::{Resource, Text, is_name};
use crate::json::Value;

/// A place in `requestParameters`, and the type of what it names.
type Row = (&'static [&'static str], &'static str);

/// Instances, as EC2 lists them.
const INSTANCES: &[&str] = &["instancesSet", "items", "0", "instanceId"];

/// The places by service. In each table the most specific comes first: an operation that names
/// two of them is about the first.
const SERVICES: &[(&str, &[Row])] = &[
    (
        "cloudtrail",
        &[(&["trailName"], "AWS::CloudTrail::Trail"), (&["name"], "AWS::CloudTrail::Trail")],
    ),
    (
        "dynamodb",
        &[(&["tableName"], "AWS::DynamoDB::Table"), (&["resourceArn"], "AWS::DynamoDB::Table")],
    ),
    (
        "ec2",
        &[
            (&["instanceId"], "AWS::EC2::Instance"),
            (INSTANCES, "AWS::EC2::Instance"),
            (&["networkInterfaceId"], "AWS::EC2::NetworkInterface"),
            (&["groupId"], "AWS::EC2::SecurityGroup"),
            (&["groupName"], "AWS::EC2::SecurityGroup"),
            (&["routeTableId"], "AWS::EC2::RouteTable"),
            (&["internetGatewayId"], "AWS::EC2::InternetGateway"),
            (&["natGatewayId"], "AWS::EC2::NatGateway"),
            (&["snapshotId"], "AWS::EC2::Snapshot"),
            (&["imageId"], "AWS::EC2::Image"),
            (&["volumeId"], "AWS::EC2::Volume"),
            (&["allocationId"], "AWS::EC2::EIP"),
            (&["keyName"], "AWS::EC2::KeyPair"),
            (&["subnetId"], "AWS::EC2::Subnet"),
            (&["vpcId"], "AWS::EC2::VPC"),
            (&["resourcesSet", "items", "0", "resourceId"], "AWS::EC2::Resource"),
        ],
    ),
    (
        "iam",
        &[
            (&["instanceProfileName"], "AWS::IAM::InstanceProfile"),
            (&["roleName"], "AWS::IAM::Role"),
            (&["userName"], "AWS::IAM::User"),
            (&["groupName"], "AWS::IAM::Group"),
            (&["policyArn"], "AWS::IAM::ManagedPolicy"),
            (&["policyName"], "AWS::IAM::ManagedPolicy"),
            (&["serialNumber"], "AWS::IAM::VirtualMFADevice"),
        ],
    ),
    ("kms", &[(&["keyId"], "AWS::KMS::Key"), (&["aliasName"], "AWS::KMS::Alias")]),
    ("lambda", &[(&["functionName"], "AWS::Lambda::Function")]),
    ("logs", &[(&["logGroupName"], "AWS::Logs::LogGroup")]),
    (
        "rds",
        &[
            (&["dBInstanceIdentifier"], "AWS::RDS::DBInstance"),
            (&["dBClusterIdentifier"], "AWS::RDS::DBCluster"),
        ],
    ),
    ("s3", &[(&["bucketName"], "AWS::S3::Bucket"), (&["bucket"], "AWS::S3::Bucket")]),
    (
        "secretsmanager",
        &[
            (&["secretId"], "AWS::SecretsManager::Secret"),
            (&["name"], "AWS::SecretsManager::Secret"),
        ],
    ),
    ("sns", &[(&["topicArn"], "AWS::SNS::Topic"), (&["name"], "AWS::SNS::Topic")]),
    ("sqs", &[(&["queueUrl"], "AWS::SQS::Queue"), (&["queueName"], "AWS::SQS::Queue")]),
    (
        "ssm",
        &[
            (&["instanceId"], "AWS::EC2::Instance"),
            (&["instanceIds", "0"], "AWS::EC2::Instance"),
            (&["documentName"], "AWS::SSM::Document"),
            (&["associationId"], "AWS::SSM::Association"),
            (&["resourceId"], "AWS::SSM::ManagedInstance"),
        ],
    ),
    ("sts", &[(&["roleArn"], "AWS::IAM::Role")]),
];

/// Types of the resources that ARNs of `resources` name without a type, by the ARN's service and
/// the beginning of its last part.
const ARNS: &[(&str, &str, &str)] = &[
    ("dynamodb", "table/", "AWS::DynamoDB::Table"),
    ("ec2", "instance/", "AWS::EC2::Instance"),
    ("iam", "policy/", "AWS::IAM::ManagedPolicy"),
    ("iam", "role/", "AWS::IAM::Role"),
    ("iam", "user/", "AWS::IAM::User"),
    ("kms", "key/", "AWS::KMS::Key"),
    ("lambda", "function:", "AWS::Lambda::Function"),
    ("logs", "log-group:", "AWS::Logs::LogGroup"),
    ("secretsmanager", "secret:", "AWS::SecretsManager::Secret"),
    ("ssm", "association/", "AWS::SSM::Association"),
    ("ssm", "document/", "AWS::SSM::Document"),
    ("ssm", "parameter/", "AWS::SSM::Parameter"),
];

/// What the request was about.
pub(super) fn resource<'t>(fields: &Fields<'t>, service: &str, tenant: &Text<'t>) -> Resource<'t> {
    let first = fields.resources.and_then(|resources| resources.elements().next());
    first
        .and_then(listed)
        .or_else(|| parameter(fields.parameters?, service))
        .unwrap_or_else(|| named(Text::Owned(kind_of(service)), tenant.clone()))
}

fn named<'t>(kind: Text<'t>, id: Text<'t>) -> Resource<'t> {
    Resource { kind, id, ..Resource::default() }
}

/// A member of `resources`.
fn listed(resource: Value<'_>) -> Option<Resource<'_>> {
    let usable = |name: &str| text_at(resource, &[name]).filter(|text| is_name(text));
    let id = usable("ARN").or_else(|| usable("ARNPrefix"))?;
    let kind = usable("type").unwrap_or_else(|| of_arn(&id));
    Some(named(kind, id))
}

/// The type of what an ARN names: `arn:<partition>:<service>:<region>:<account>:<resource>`.
fn of_arn(arn: &str) -> Text<'static> {
    let mut parts = arn.splitn(6, ':').skip(2);
    let service = parts.next().unwrap_or_default();
    let resource = parts.nth(2).unwrap_or_default();
    if service == "s3" {
        let object = resource.contains('/');
        return Text::Borrowed(if object { "AWS::S3::Object" } else { "AWS::S3::Bucket" });
    }
    let known = ARNS.iter().find(|(of, start, _)| *of == service && resource.starts_with(start));
    match known {
        Some((_, _, kind)) => Text::Borrowed(kind),
        None => Text::Owned(kind_of(service)),
    }
}

/// A service as a type.
fn kind_of(service: &str) -> String {
    let usable = Some(service).filter(|service| is_name(service));
    usable.unwrap_or("unknown").to_owned()
}

/// What a parameter of the request names.
fn parameter<'t>(parameters: Value<'t>, service: &str) -> Option<Resource<'t>> {
    let (_, rows) = SERVICES.iter().find(|(of, _)| *of == service)?;
    rows.iter().find_map(|(path, kind)| {
        let id = text_at(parameters, path).filter(|text| is_name(text))?;
        Some(named(Text::Borrowed(kind), id))
    })
}
