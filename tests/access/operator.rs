//! What operators may do, and what not.

use cairn_local::cloud::Policy;

use crate::auditor::{EXPIRED, reads_everything};
use crate::stage::{BATCHES, By, LOG, Stage, done, refused};

#[tokio::test]
async fn operators_publish_and_redrive_and_change_no_evidence() {
    let stage = Stage::start().await.without_resource_policies().await;
    let places = ["batches/a", "quarantine/a", "segments/a", "log/a"];
    stage.place(&places).await;
    stage.place_expired(EXPIRED).await;
    let operator = operator(&stage).await;
    reads_everything(&operator, &places).await;

    done(operator.seal("config/a", LOG).send().await);
    done(operator.read("config/a").await);
    for key in ["batches/b", "quarantine/b", "log/checkpoint", "segments/a"] {
        refused("s3:PutObject", By::Silence, operator.seal(key, BATCHES).send().await);
    }
    let bucket = &stage.deployment().bucket;
    let delete = operator.s3.delete_object().bucket(bucket).key("quarantine/a").send().await;
    refused("s3:DeleteObject", By::Silence, delete);

    let stream = &stage.deployment().stream;
    done(operator.kinesis.list_shards().stream_name(stream).send().await);
    let iterator = done(operator.read_stream().await);
    done(operator.kinesis.get_records().shard_iterator(iterator).send().await);
    done(operator.put_record().await);
    done(operator.query("redrive#a").await);
    done(operator.write("redrive#a").await);
    for partition in ["chain#a", "chains", "log"] {
        done(operator.look_up(partition).await);
        refused("dynamodb:PutItem", By::Silence, operator.write(partition).await);
    }
    refused("kms:Sign", By::Silence, operator.sign().await);
    refused("kms:GenerateDataKey", By::Silence, operator.take_data_key().await);
    stage.keeps_out_of_elsewhere(&operator, By::Silence).await;
}

pub(crate) async fn operator(stage: &Stage) -> crate::stage::Actor {
    stage.trust_everybody("cairn-operator", Policy::TrustOperator).await;
    stage.role("operator").await
}
