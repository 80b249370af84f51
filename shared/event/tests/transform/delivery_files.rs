//! Real CloudTrail delivery files, where a checkout has them beside it.

use std::io::Read;
use std::io::Write as _;
use std::path::Path;

use cairn_event::{Item, Leaf};

use crate::support::items;

/// The delivery files, gzipped as they come; `None`, said aloud, where there are none.
fn files() -> Option<Vec<Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/cloudtrail");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        // Not by `eprintln!`, which the test harness keeps to itself.
        let _ =
            writeln!(std::io::stderr(), "skipped: no CloudTrail records at {}", folder.display());
        return None;
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    Some(paths.iter().map(|path| std::fs::read(path).unwrap()).collect())
}

fn leaves(data: Vec<u8>) -> Vec<Leaf> {
    let leaf = |item| match item {
        Item::Event(leaf) => leaf,
        Item::Rejection(rejection) => panic!("rejected: {:?}", rejection.reason),
    };
    items(data).into_iter().map(leaf).collect()
}

#[test]
fn every_record_becomes_an_event() {
    let Some(files) = files() else { return };
    let mut total = 0;
    for file in files {
        for leaf in leaves(file) {
            total += 1;
            assert_eq!(Leaf::parse(&leaf.bytes).unwrap(), leaf);
            let value: serde_json::Value = serde_json::from_slice(&leaf.bytes).unwrap();
            assert_eq!(serde_json_canonicalizer::to_vec(&value).unwrap(), leaf.bytes);
        }
    }
    assert_eq!(total, 2093);
}

#[test]
fn the_source_record_is_kept_whole() {
    let Some(files) = files() else { return };
    for file in files {
        let mut text = String::new();
        flate2::read::MultiGzDecoder::new(&file[..]).read_to_string(&mut text).unwrap();
        let sent: serde_json::Value = serde_json::from_str(&text).unwrap();
        for (leaf, sent) in leaves(file).iter().zip(sent["Records"].as_array().unwrap()) {
            let sealed: serde_json::Value = serde_json::from_slice(&leaf.bytes).unwrap();
            assert_eq!(&sealed["data"], sent);
        }
    }
}

#[test]
fn a_resource_has_an_id_of_its_type() {
    let starts = [
        ("AWS::CloudTrail::Trail", "arn:aws:cloudtrail:us-east-1:123837392027:trail/"),
        ("AWS::EC2::EIP", "eipalloc-"),
        ("AWS::EC2::FlowLog", "fl-"),
        ("AWS::EC2::Image", "ami-"),
        ("AWS::EC2::InternetGateway", "igw-"),
        ("AWS::EC2::NatGateway", "nat-"),
        ("AWS::EC2::NetworkInterface", "eni-"),
        ("AWS::EC2::RouteTable", "rtb-"),
        ("AWS::EC2::SecurityGroup", "sg-"),
        ("AWS::EC2::Snapshot", "snap-"),
        ("AWS::EC2::Subnet", "subnet-"),
        ("AWS::EC2::VPC", "vpc-"),
        ("AWS::EC2::Volume", "vol-"),
        ("AWS::IAM::InstanceProfile", "arn:aws:iam::123837392027:instance-profile/"),
        ("AWS::IAM::Role", "arn:aws:iam::123837392027:role/"),
        ("AWS::S3::Bucket", "arn:aws:s3:::"),
        ("AWS::SSM::ManagedInstance", "i-"),
        ("AWS::SSM::Parameter", "arn:aws:ssm:us-east-1:123837392027:parameter/"),
        ("AWS::SecretsManager::Secret", "arn:aws:secretsmanager:us-east-1:123837392027:secret:"),
    ];
    let Some(files) = files() else { return };
    let mut seen = std::collections::BTreeSet::new();
    for event in files.into_iter().flat_map(leaves).filter_map(|leaf| leaf.event) {
        let (kind, id) = (event.resource_type, event.resource_id);
        let Some((kind, start)) = starts.iter().find(|(known, _)| *known == kind) else { continue };
        // What was not made is in the account.
        let failed = event.outcome != "success" && id == event.tenant;
        assert!(id.starts_with(start) || failed, "{kind} {id}");
        seen.insert(*kind);
    }
    assert_eq!(seen.len(), starts.len());
}
