//! What ingest may do, and what not.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use aws_sdk_s3::types::{ObjectLockRetention, ObjectLockRetentionMode, Tag, Tagging};

use crate::stage::{Actor, BATCHES, By, LOG, Stage, done, in_days, refused, text};

const BATCH: &str = "batches/s/t/shard/00000000000000000000.parquet";
const ORDER: &str = "orders/s/t/shard.json";
const QUARANTINED: &str = "quarantine/s/t/shard/00000000000000000000-hash.ndjson";

#[tokio::test]
async fn ingest_seals_and_cannot_delete_read_elsewhere_or_sign() {
    let stage = Stage::start().await.without_resource_policies().await;
    let ingest = stage.role("ingest").await;
    let elsewhere = ["log/checkpoint", "segments/class=c/tenant=t/dt=d/0.parquet"];
    stage.place(&elsewhere).await;
    stage.place(&[ORDER]).await;

    let version = done(ingest.seal(BATCH, BATCHES).send().await).version_id.unwrap();
    done(ingest.seal(QUARANTINED, BATCHES).send().await);
    for key in [BATCH, ORDER, QUARANTINED] {
        done(ingest.read(key).await);
    }
    done(ingest.read(&format!("config/{}", stage.deployment().bundle.unwrap())).await);
    for key in elsewhere {
        refused("s3:GetObject", By::Silence, ingest.read(key).await);
    }
    for key in
        ["log/x", "config/x", "orders/x", "segments/class=c/tenant=t/dt=d/1.parquet", "other"]
    {
        refused("s3:PutObject", By::Silence, ingest.seal(key, LOG).send().await);
    }
    versions_stay_and_so_do_locks(&ingest, &version).await;
    what_has_expired_is_kept_and_not_read(&ingest).await;
    heads_of_chains_are_moved_and_nothing_else(&ingest).await;
    records_are_read_and_not_put(&ingest).await;

    refused("kms:Sign", By::Silence, ingest.sign().await);
    refused("kms:GenerateDataKey", By::Silence, ingest.take_data_key().await);
    stage.keeps_out_of_elsewhere(&ingest, By::Silence).await;
    let role = ingest.iam.put_role_policy().role_name("cairn-ingest").policy_name("more");
    let role = role.policy_document(crate::stage::everything()).send().await;
    refused("iam:PutRolePolicy", By::Silence, role);
}

async fn versions_stay_and_so_do_locks(ingest: &Actor, version: &str) {
    let bucket = &ingest.deployment.bucket;
    let (s3, key) = (&ingest.s3, BATCH);
    done(s3.get_object().bucket(bucket).key(key).version_id(version).send().await);
    done(s3.get_object_retention().bucket(bucket).key(key).send().await);
    done(s3.list_object_versions().bucket(bucket).prefix(key).send().await);
    done(s3.list_objects_v2().bucket(bucket).prefix(key).send().await);

    let marker = s3.delete_object().bucket(bucket).key(key).send().await;
    refused("s3:DeleteObject", By::Silence, marker);
    let delete = s3.delete_object().bucket(bucket).key(key).version_id(version).send().await;
    refused("s3:DeleteObjectVersion", By::Silence, delete);
    let tag = Tag::builder().key("archived").value("true").build().unwrap();
    let tags = Tagging::builder().tag_set(tag).build().unwrap();
    let tags = s3.put_object_tagging().bucket(bucket).key(key).tagging(tags).send().await;
    refused("s3:PutObjectTagging", By::Silence, tags);
    let policy = s3.delete_bucket_policy().bucket(bucket).send().await;
    refused("s3:DeleteBucketPolicy", By::Silence, policy);

    let lock = |days| {
        let retention = ObjectLockRetention::builder().mode(ObjectLockRetentionMode::Compliance);
        let retention = retention.retain_until_date(in_days(days)).build();
        s3.put_object_retention().bucket(bucket).key(key).retention(retention)
    };
    done(lock(BATCHES + 1).send().await);
    let shorter = lock(BATCHES - 1).bypass_governance_retention(true).send().await;
    refused("s3:BypassGovernanceRetention", By::Silence, shorter);
    // The role may set a lock, as it does with every put. Object Lock itself takes longer ones only.
    let shorter = lock(BATCHES - 1).send().await.unwrap_err();
    assert!(format!("{shorter:?}").contains("AccessDenied"), "{shorter:?}");
}

async fn what_has_expired_is_kept_and_not_read(ingest: &Actor) {
    // Lambda keeps what has expired in the function's name; only operators and auditors read it.
    let expired = ingest.deployment.expired.as_ref().unwrap();
    done(ingest.s3.list_objects_v2().bucket(expired).send().await);
    done(ingest.encrypt(expired, "record").send().await);
    let read = ingest.s3.get_object().bucket(expired).key("record").send().await;
    refused("s3:GetObject", By::Silence, read);
}

async fn heads_of_chains_are_moved_and_nothing_else(ingest: &Actor) {
    let (dynamodb, table) = (&ingest.dynamodb, &ingest.deployment.table);
    let put = |partition: &str| {
        let put = Put::builder().table_name(table).item("pk", text(partition));
        let put = put.item("sk", text("head")).build().unwrap();
        TransactWriteItem::builder().put(put).build()
    };
    let update = |partition: &str| {
        let update = Update::builder().table_name(table).key("pk", text(partition));
        let update = update.key("sk", text("head")).update_expression("SET x = :x");
        let update = update.expression_attribute_values(":x", text("why")).build().unwrap();
        TransactWriteItem::builder().update(update).build()
    };
    let transact = dynamodb.transact_write_items();
    let commit = transact.transact_items(put("chain#a")).transact_items(put("chains"));
    done(commit.send().await);
    done(dynamodb.transact_write_items().transact_items(update("chain#a")).send().await);
    done(ingest.look_up("chain#a").await);

    let log = dynamodb.transact_write_items().transact_items(put("chain#b"));
    let log = log.transact_items(put("log")).send().await;
    refused("dynamodb:PutItem", By::Silence, log);
    let log = dynamodb.transact_write_items().transact_items(update("log")).send().await;
    refused("dynamodb:UpdateItem", By::Silence, log);
    for partition in ["log", "redrive#a"] {
        refused("dynamodb:PutItem", By::Silence, ingest.write(partition).await);
        refused("dynamodb:GetItem", By::Silence, ingest.look_up(partition).await);
    }
    refused("dynamodb:Query", By::Silence, ingest.query("chain#a").await);
    refused("dynamodb:Scan", By::Silence, dynamodb.scan().table_name(table).send().await);
    let delete = dynamodb.delete_item().table_name(table).key("pk", text("chain#a"));
    let delete = delete.key("sk", text("head")).send().await;
    refused("dynamodb:DeleteItem", By::Silence, delete);
}

async fn records_are_read_and_not_put(ingest: &Actor) {
    let (kinesis, stream) = (&ingest.kinesis, &ingest.deployment.stream);
    done(kinesis.describe_stream().stream_name(stream).send().await);
    done(kinesis.describe_stream_summary().stream_name(stream).send().await);
    done(kinesis.list_shards().stream_name(stream).send().await);
    let iterator = done(ingest.read_stream().await);
    done(kinesis.get_records().shard_iterator(iterator).send().await);
    refused("kinesis:PutRecord", By::Silence, ingest.put_record().await);
    let delete = kinesis.delete_stream().stream_name(stream).send().await;
    refused("kinesis:DeleteStream", By::Silence, delete);
}
