//! What auditors may do, and what not.

use cairn_local::cloud::Policy;

use crate::stage::{Actor, By, LOG, Stage, done, everything, refused};

/// Where something lies that has expired.
pub(crate) const EXPIRED: &str = "record";

#[tokio::test]
async fn auditors_read_everything_and_write_nothing() {
    let stage = Stage::start().await.without_resource_policies().await;
    let places = ["batches/a", "quarantine/a", "segments/a", "log/a", "config/a"];
    stage.place(&places).await;
    stage.place_expired(EXPIRED).await;
    let auditor = stage.somebody(Policy::Auditor).await;
    reads_everything(&auditor, &places).await;
    // What the role has of its own denies it, so that it stays denied whatever else the role is given.
    writes_nothing(&auditor, &places).await;
    stage.keeps_out_of_elsewhere(&auditor, By::Silence).await;
    stage.grant(Policy::Auditor.name(), "more", &everything()).await;
    reads_everything(&auditor, &places).await;
    writes_nothing(&auditor, &places).await;
}

/// Reads what lies at these places of the archive, [`EXPIRED`], and all else that is to be verified.
pub(crate) async fn reads_everything(auditor: &Actor, places: &[&str]) {
    let bucket = &auditor.deployment.bucket;
    for key in places {
        done(auditor.read(key).await);
        done(auditor.s3.get_object_retention().bucket(bucket).key(*key).send().await);
        let listed = auditor.s3.list_object_versions().bucket(bucket).prefix(*key).send().await;
        let version = done(listed).versions.unwrap().remove(0).version_id.unwrap();
        let read = auditor.s3.get_object().bucket(bucket).key(*key).version_id(version);
        done(read.send().await);
        done(auditor.s3.list_objects_v2().bucket(bucket).prefix(*key).send().await);
    }
    let expired = auditor.deployment.expired.as_ref().unwrap();
    done(auditor.s3.list_objects_v2().bucket(expired).send().await);
    done(auditor.s3.get_object().bucket(expired).key(EXPIRED).send().await);
    done(auditor.s3.get_object_retention().bucket(expired).key(EXPIRED).send().await);
    let stream = &auditor.deployment.stream;
    done(auditor.kinesis.describe_stream_summary().stream_name(stream).send().await);
    for partition in ["chain#a", "chains", "log", "redrive#a"] {
        done(auditor.query(partition).await);
        done(auditor.look_up(partition).await);
    }
    let key = &auditor.deployment.signing_keys[0];
    done(auditor.kms.get_public_key().key_id(key).send().await);
}

async fn writes_nothing(auditor: &Actor, places: &[&str]) {
    let bucket = &auditor.deployment.bucket;
    for key in places {
        refused("s3:PutObject", By::Role, auditor.seal(key, LOG).send().await);
        let delete = auditor.s3.delete_object().bucket(bucket).key(*key).send().await;
        refused("s3:DeleteObject", By::Role, delete);
    }
    let expired = auditor.deployment.expired.as_ref().unwrap();
    let delete = auditor.s3.delete_object().bucket(expired).key(EXPIRED).send().await;
    refused("s3:DeleteObject", By::Role, delete);
    let policy = auditor.s3.delete_bucket_policy().bucket(bucket).send().await;
    refused("s3:DeleteBucketPolicy", By::Role, policy);
    for partition in ["chain#a", "log"] {
        refused("dynamodb:PutItem", By::Role, auditor.write(partition).await);
    }
    refused("kinesis:PutRecord", By::Role, auditor.put_record().await);
    refused("kinesis:GetShardIterator", By::Role, auditor.read_stream().await);
    refused("kms:Sign", By::Role, auditor.sign().await);
    refused("kms:GenerateDataKey", By::Role, auditor.take_data_key().await);
}
