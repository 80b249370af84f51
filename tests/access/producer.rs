//! What producers may do, and what not.

use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use cairn_local::cloud::Policy;

use crate::stage::{BATCHES, By, Stage, done, refused};

#[tokio::test]
async fn producers_put_events_and_nothing_else() {
    let stage = Stage::start().await.without_resource_policies().await;
    let producer = stage.somebody(Policy::Producer).await;
    stage.place(&["batches/a"]).await;

    done(producer.put_record().await);
    let record = PutRecordsRequestEntry::builder().partition_key("key").data(Blob::new("{}"));
    let put = producer.kinesis.put_records().stream_name(&stage.deployment().stream);
    done(put.records(record.build().unwrap()).send().await);
    refused("kinesis:GetShardIterator", By::Silence, producer.read_stream().await);
    let shards = producer.kinesis.list_shards().stream_name(&stage.deployment().stream);
    refused("kinesis:ListShards", By::Silence, shards.send().await);

    refused("s3:GetObject", By::Silence, producer.read("batches/a").await);
    refused("s3:PutObject", By::Silence, producer.seal("batches/b", BATCHES).send().await);
    refused("dynamodb:GetItem", By::Silence, producer.look_up("chain#a").await);
    refused("dynamodb:PutItem", By::Silence, producer.write("chain#a").await);
    refused("kms:Sign", By::Silence, producer.sign().await);
    refused("kms:GenerateDataKey", By::Silence, producer.take_data_key().await);
    stage.keeps_out_of_elsewhere(&producer, By::Silence).await;
}
