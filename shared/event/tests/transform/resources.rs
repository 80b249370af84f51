//! What CloudTrail records say was acted on.

use serde_json::{Value, json};

use crate::cloudtrail::varied;
use crate::support::sealed;

/// The resource of an operation that lists none.
fn resource(service: &str, name: &str, parameters: Value, response: Value) -> Value {
    let source = format!("{service}.amazonaws.com");
    let mut record = varied(json!({"eventSource": source, "eventName": name, "resources": null}));
    record["requestParameters"] = parameters;
    record["responseElements"] = response;
    sealed(&record)["resource"].clone()
}

#[test]
fn a_parameter_names_the_resource_or_else_it_is_the_service_in_the_account() {
    for (service, parameters, kind, id) in [
        ("ec2", json!({"instanceId": "i-1", "vpcId": "vpc-1"}), "AWS::EC2::Instance", "i-1"),
        (
            "ec2",
            json!({"instancesSet": {"items": [{"instanceId": "i-2"}]}}),
            "AWS::EC2::Instance",
            "i-2",
        ),
        ("ec2", json!({"instancesSet": {"items": []}}), "ec2", "111122223333"),
        (
            "ec2",
            json!({"DeleteNatGatewayRequest": {"NatGatewayId": "nat-1"}}),
            "AWS::EC2::NatGateway",
            "nat-1",
        ),
        (
            "ec2",
            json!({"DeleteFlowLogsRequest": {"FlowLogId": {"tag": 1, "content": "fl-1"}}}),
            "AWS::EC2::FlowLog",
            "fl-1",
        ),
        ("iam", json!({"userName": ""}), "iam", "111122223333"),
        ("secretsmanager", json!({"secretId": "s"}), "AWS::SecretsManager::Secret", "s"),
        ("signin", json!(null), "signin", "111122223333"),
        ("another", json!({"name": "n"}), "another", "111122223333"),
    ] {
        let found = resource(service, "GetThing", parameters, json!(null));
        assert_eq!(found, json!({"type": kind, "id": id}), "{service}");
    }
}

#[test]
fn the_first_resource_that_is_listed_comes_before_all_others() {
    let arn = "arn:aws:kms:eu-west-1:1:key/k";
    for (listed, kind, id) in [
        (json!([{"ARN": arn}]), "AWS::KMS::Key", arn),
        (json!([{"ARN": "arn:aws:s3:::b/k"}]), "AWS::S3::Object", "arn:aws:s3:::b/k"),
        (json!([{"ARN": "arn:aws:s3:::b"}]), "AWS::S3::Bucket", "arn:aws:s3:::b"),
        (json!([{"ARN": "arn:aws:glue:r:1:job/j"}]), "glue", "arn:aws:glue:r:1:job/j"),
        (
            json!([{"ARN": "arn:aws:s3:eu-west-1:1:accesspoint/a"}]),
            "s3",
            "arn:aws:s3:eu-west-1:1:accesspoint/a",
        ),
        (json!([{"ARN": "no arn"}]), "unknown", "no arn"),
        (
            json!([{"ARNPrefix": "arn:aws:s3:::b/", "type": "AWS::S3::Object"}]),
            "AWS::S3::Object",
            "arn:aws:s3:::b/",
        ),
    ] {
        let resource = sealed(&varied(json!({"resources": listed})))["resource"].clone();
        assert_eq!(resource, json!({"type": kind, "id": id}));
    }
    for listed in [json!([{"type": "AWS::S3::Object"}]), json!([]), json!("all")] {
        let resource = sealed(&varied(json!({"resources": listed})))["resource"].clone();
        assert_eq!(
            resource,
            json!({"type": "AWS::S3::Bucket", "id": "arn:aws:s3:::ledgers", "name": "ledgers"})
        );
    }
}

#[test]
fn what_was_made_is_the_resource_and_not_what_it_was_made_in() {
    let items = |id: &str, value: &str| json!({"items": [{id: value}]});
    for (name, parameters, response, kind, id) in [
        (
            "RunInstances",
            json!({"subnetId": "subnet-1", "instancesSet": items("imageId", "ami-1")}),
            json!({"instancesSet": items("instanceId", "i-1")}),
            "Instance",
            "i-1",
        ),
        (
            "CreateNetworkInterface",
            json!({"subnetId": "subnet-1"}),
            json!({"networkInterface": {"networkInterfaceId": "eni-1", "subnetId": "subnet-1"}}),
            "NetworkInterface",
            "eni-1",
        ),
        (
            "CreateSubnet",
            json!({"vpcId": "vpc-1"}),
            json!({"subnet": {"vpcId": "vpc-1", "subnetId": "subnet-1"}}),
            "Subnet",
            "subnet-1",
        ),
        (
            "CreateRouteTable",
            json!({"vpcId": "vpc-1"}),
            json!({"routeTable": {"routeTableId": "rtb-1", "vpcId": "vpc-1"}}),
            "RouteTable",
            "rtb-1",
        ),
        ("CreateVpc", json!({}), json!({"vpc": {"vpcId": "vpc-1"}}), "VPC", "vpc-1"),
        (
            "CreateSecurityGroup",
            json!({"groupName": "g", "vpcId": "vpc-1"}),
            json!({"groupId": "sg-1"}),
            "SecurityGroup",
            "sg-1",
        ),
        (
            "CreateVolume",
            json!({"snapshotId": "snap-1"}),
            json!({"snapshotId": "snap-1", "volumeId": "vol-1"}),
            "Volume",
            "vol-1",
        ),
        (
            "CreateSnapshot",
            json!({"volumeId": "vol-1"}),
            json!({"snapshotId": "snap-1", "volumeId": "vol-1"}),
            "Snapshot",
            "snap-1",
        ),
        ("AllocateAddress", json!({}), json!({"allocationId": "eipalloc-1"}), "EIP", "eipalloc-1"),
        ("RegisterImage", json!({"name": "n"}), json!({"imageId": "ami-1"}), "Image", "ami-1"),
        (
            "CreateNatGateway",
            json!({"CreateNatGatewayRequest": {"SubnetId": "subnet-1"}}),
            json!({"CreateNatGatewayResponse": {"natGateway": {"natGatewayId": "nat-1"}}}),
            "NatGateway",
            "nat-1",
        ),
        // A route has no id of its own.
        (
            "CreateRoute",
            json!({"routeTableId": "rtb-1", "gatewayId": "igw-1", "instanceId": "i-1"}),
            json!({"_return": true}),
            "RouteTable",
            "rtb-1",
        ),
    ] {
        let expected = json!({"type": format!("AWS::EC2::{kind}"), "id": id});
        assert_eq!(resource("ec2", name, parameters, response), expected, "{name}");
    }
}

#[test]
fn what_was_not_made_is_of_the_type_it_would_have_been() {
    let failed = |name: &str, parameters: Value| resource("ec2", name, parameters, json!(null));
    assert_eq!(
        failed("RunInstances", json!({"subnetId": "subnet-1"})),
        json!({"type": "AWS::EC2::Instance", "id": "111122223333"})
    );
    assert_eq!(
        failed("CreateSubnet", json!({"vpcId": "vpc-1"})),
        json!({"type": "AWS::EC2::Subnet", "id": "111122223333"})
    );
    assert_eq!(
        failed("CreateSecurityGroup", json!({"groupName": "g", "vpcId": "vpc-1"})),
        json!({"type": "AWS::EC2::SecurityGroup", "id": "g"})
    );
}

#[test]
fn ssm_says_of_which_type_its_resources_are() {
    for (name, parameters, kind, id) in [
        (
            "PutComplianceItems",
            json!({"resourceType": "ManagedInstance", "resourceId": "mi-1"}),
            "AWS::SSM::ManagedInstance",
            "mi-1",
        ),
        (
            "ListTagsForResource",
            json!({"resourceType": "Document", "resourceId": "doc"}),
            "AWS::SSM::Document",
            "doc",
        ),
        (
            "AddTagsToResource",
            json!({"resourceType": "MaintenanceWindow", "resourceId": "mw-1"}),
            "AWS::SSM::MaintenanceWindow",
            "mw-1",
        ),
        (
            "AddTagsToResource",
            json!({"resourceType": "PatchBaseline", "resourceId": "pb-1"}),
            "AWS::SSM::PatchBaseline",
            "pb-1",
        ),
        (
            "AddTagsToResource",
            json!({"resourceType": "OpsItem", "resourceId": "oi-1"}),
            "AWS::SSM::OpsItem",
            "oi-1",
        ),
        ("AddTagsToResource", json!({"resourceType": "New", "resourceId": "n-1"}), "ssm", "n-1"),
        ("GetDocument", json!({"name": "AWS-X"}), "AWS::SSM::Document", "AWS-X"),
        ("CreateAssociation", json!({"name": "AWS-X"}), "AWS::SSM::Document", "AWS-X"),
        ("CreateThing", json!({"name": "thing"}), "ssm", "111122223333"),
        ("SendCommand", json!({"instanceIds": ["i-3"]}), "AWS::EC2::Instance", "i-3"),
        (
            "GetMaintenanceWindow",
            json!({"windowId": "mw-1"}),
            "AWS::SSM::MaintenanceWindow",
            "mw-1",
        ),
    ] {
        let found = resource("ssm", name, parameters, json!(null));
        assert_eq!(found, json!({"type": kind, "id": id}), "{name}");
    }
    for (name, parameters) in [
        ("ListTagsForResource", json!({"resourceType": "Parameter", "resourceId": "/cred/1"})),
        ("PutParameter", json!({"name": "/cred/1"})),
        ("GetParameters", json!({"names": ["/cred/1", "/cred/2"]})),
    ] {
        let id = "arn:aws:ssm:eu-west-1:111122223333:parameter/cred/1";
        let expected = json!({"type": "AWS::SSM::Parameter", "id": id, "name": "/cred/1"});
        assert_eq!(resource("ssm", name, parameters, json!(null)), expected, "{name}");
    }
    let plain = resource("ssm", "GetParameter", json!({"name": "plain"}), json!(null));
    assert_eq!(plain["id"], "arn:aws:ssm:eu-west-1:111122223333:parameter/plain");
}

#[test]
fn a_name_becomes_the_arn_that_other_records_have() {
    for (service, parameters, kind, id, name) in [
        (
            "s3",
            json!({"bucketName": "ledgers"}),
            "AWS::S3::Bucket",
            "arn:aws:s3:::ledgers",
            "ledgers",
        ),
        (
            "iam",
            json!({"policyArn": "arn:p", "roleName": "deploy"}),
            "AWS::IAM::Role",
            "arn:aws:iam::111122223333:role/deploy",
            "deploy",
        ),
        (
            "iam",
            json!({"userName": "ada"}),
            "AWS::IAM::User",
            "arn:aws:iam::111122223333:user/ada",
            "ada",
        ),
        (
            "iam",
            json!({"instanceProfileName": "p", "roleName": "r"}),
            "AWS::IAM::InstanceProfile",
            "arn:aws:iam::111122223333:instance-profile/p",
            "p",
        ),
        (
            "lambda",
            json!({"functionName": "f"}),
            "AWS::Lambda::Function",
            "arn:aws:lambda:eu-west-1:111122223333:function:f",
            "f",
        ),
        (
            "dynamodb",
            json!({"tableName": "t"}),
            "AWS::DynamoDB::Table",
            "arn:aws:dynamodb:eu-west-1:111122223333:table/t",
            "t",
        ),
        (
            "cloudtrail",
            json!({"name": "t"}),
            "AWS::CloudTrail::Trail",
            "arn:aws:cloudtrail:eu-west-1:111122223333:trail/t",
            "t",
        ),
    ] {
        let found = resource(service, "GetThing", parameters, json!(null));
        assert_eq!(found, json!({"type": kind, "id": id, "name": name}), "{service}");
    }
}

#[test]
fn what_is_an_arn_or_lacks_a_part_of_one_is_left_as_it_is() {
    for (service, parameters, id) in [
        ("iam", json!({"policyArn": "arn:aws:iam::aws:policy/P"}), "arn:aws:iam::aws:policy/P"),
        ("s3", json!({"bucketName": "arn:aws:s3:::b"}), "arn:aws:s3:::b"),
        ("lambda", json!({"functionName": "111122223333:function:f"}), "111122223333:function:f"),
    ] {
        let found = resource(service, "GetThing", parameters, json!(null));
        assert_eq!((&found["id"], found.get("name")), (&json!(id), None));
    }
    for (region, service, parameters, id) in [
        ("cn-north-1", "s3", json!({"bucketName": "b"}), "arn:aws-cn:s3:::b"),
        ("us-gov-west-1", "s3", json!({"bucketName": "b"}), "arn:aws-us-gov:s3:::b"),
        ("cn-north-1", "iam", json!({"roleName": "r"}), "arn:aws-cn:iam::111122223333:role/r"),
        ("", "s3", json!({"bucketName": "b"}), "arn:aws:s3:::b"),
        ("", "iam", json!({"roleName": "r"}), "arn:aws:iam::111122223333:role/r"),
        ("", "dynamodb", json!({"tableName": "t"}), "t"),
    ] {
        let mut record = varied(json!({
            "eventSource": format!("{service}.amazonaws.com"), "resources": null,
            "awsRegion": region,
        }));
        record["requestParameters"] = parameters;
        assert_eq!(sealed(&record)["resource"]["id"], id);
    }
}

#[test]
fn a_role_that_was_made_has_the_arn_that_iam_gave_it() {
    let arn = "arn:aws:iam::111122223333:role/service-role/r";
    let made = resource(
        "iam",
        "CreateRole",
        json!({"roleName": "r", "path": "/service-role/"}),
        json!({"role": {"roleName": "r", "arn": arn}}),
    );
    assert_eq!(made, json!({"type": "AWS::IAM::Role", "id": arn, "name": "r"}));
    let arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:s-AbCdEf";
    let made =
        resource("secretsmanager", "CreateSecret", json!({"name": "s"}), json!({"arn": arn}));
    assert_eq!(made, json!({"type": "AWS::SecretsManager::Secret", "id": arn, "name": "s"}));
    let failed = resource("iam", "CreateRole", json!({"roleName": "r"}), json!(null));
    assert_eq!(
        failed,
        json!({"type": "AWS::IAM::Role", "id": "arn:aws:iam::111122223333:role/r", "name": "r"})
    );
}

#[test]
fn an_id_too_long_for_a_column_is_passed_over() {
    for long in ["x".repeat(3000), "x".repeat(2040)] {
        let listed = json!([{"ARN": "y".repeat(3000)}]);
        let record =
            varied(json!({"resources": listed, "requestParameters": {"bucketName": long}}));
        let found = &sealed(&record)["resource"];
        // With the ARN around it the second is too long; the name alone is not.
        let id = if long.len() > 2048 { "111122223333" } else { &long };
        assert_eq!(found["id"], id);
        assert_eq!(sealed(&record)["data"], record);
    }
}
