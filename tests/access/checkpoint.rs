//! What checkpoint may do, and what not.

use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::MessageType;

use crate::stage::{BATCHES, By, LOG, Stage, done, refused};

#[tokio::test]
async fn checkpoint_writes_and_signs_the_log_and_cannot_read_events() {
    let stage = Stage::start().await.without_resource_policies().await;
    let checkpoint = stage.role("checkpoint").await;
    let events = ["batches/a", "quarantine/a", "segments/a"];
    stage.place(&events).await;
    let bucket = &stage.deployment().bucket;
    let s3 = &checkpoint.s3;

    done(checkpoint.seal("log/tile/0/000", LOG).send().await);
    done(checkpoint.encrypt(bucket, "log/checkpoint").send().await);
    done(checkpoint.read("log/tile/0/000").await);
    done(checkpoint.read("log/checkpoint").await);
    done(s3.list_objects_v2().bucket(bucket).prefix("log/").send().await);

    let bundle = format!("config/{}", stage.deployment().bundle.unwrap());
    for key in events.into_iter().chain([bundle.as_str()]) {
        refused("s3:GetObject", By::Silence, checkpoint.read(key).await);
        refused("s3:PutObject", By::Silence, checkpoint.seal(key, LOG).send().await);
        let versions = stage.root().s3.list_object_versions().bucket(bucket).prefix(key);
        let versions = versions.send().await.unwrap().versions.unwrap();
        let version = versions[0].version_id().unwrap();
        let read = s3.get_object().bucket(bucket).key(key).version_id(version).send().await;
        refused("s3:GetObjectVersion", By::Silence, read);
    }
    let delete = s3.delete_object().bucket(bucket).key("log/tile/0/000").send().await;
    refused("s3:DeleteObject", By::Silence, delete);
    let expired = stage.deployment().expired.as_ref().unwrap();
    stage.place_expired("record").await;
    let read = s3.get_object().bucket(expired).key("record").send().await;
    refused("s3:GetObject", By::Silence, read);
    refused("s3:PutObject", By::Silence, checkpoint.encrypt(expired, "x").send().await);
    refused("s3:PutObject", By::Silence, checkpoint.seal("batches/b", BATCHES).send().await);

    for partition in ["chains", "chain#a", "log"] {
        done(checkpoint.query(partition).await);
        done(checkpoint.look_up(partition).await);
    }
    done(checkpoint.write("log").await);
    for partition in ["chain#a", "chains", "redrive#a"] {
        refused("dynamodb:PutItem", By::Silence, checkpoint.write(partition).await);
    }
    refused("dynamodb:Query", By::Silence, checkpoint.query("redrive#a").await);
    let scan = checkpoint.dynamodb.scan().table_name(&stage.deployment().table).send().await;
    refused("dynamodb:Scan", By::Silence, scan);

    refused("kinesis:GetShardIterator", By::Silence, checkpoint.read_stream().await);
    refused("kinesis:PutRecord", By::Silence, checkpoint.put_record().await);
    done(checkpoint.sign().await);
    let key = &stage.deployment().signing_keys[0];
    done(checkpoint.kms.get_public_key().key_id(key).send().await);
    refused("kms:GenerateDataKey", By::Silence, checkpoint.take_data_key().await);
    stage.keeps_out_of_elsewhere(&checkpoint, By::Silence).await;
}

/// The key's own policy: notes as a whole, by the one role.
#[tokio::test]
async fn the_signing_key_signs_texts_for_checkpoint_alone() {
    let stage = Stage::start().await;
    let checkpoint = stage.role("checkpoint").await;
    done(checkpoint.sign().await);
    let key = &stage.deployment().signing_keys[0];
    let digest = checkpoint.kms.sign().key_id(key).message_type(MessageType::Digest);
    let digest = digest.signing_algorithm("ED25519_SHA_512".into()).message(Blob::new([0; 64]));
    refused("kms:Sign", By::Silence, digest.send().await);
    let other = checkpoint.kms.sign().key_id(key).message_type(MessageType::Raw);
    let other = other.signing_algorithm("ED25519_PH_SHA_512".into()).message(Blob::new("text"));
    refused("kms:Sign", By::Silence, other.send().await);
    refused("kms:Sign", By::Resource, stage.administrator().await.sign().await);
}
