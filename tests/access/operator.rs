//! What operators may do, and what not.

use aws_sdk_s3::error::ProvideErrorMetadata;
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

/// Nobody here has a second factor, which the role asks for; so it is asked no more.
pub(crate) async fn operator(stage: &Stage) -> crate::stage::Actor {
    let role = "cairn-operator";
    let refused = stage.cloud.session(role).await.unwrap_err().to_string();
    assert!(refused.contains("not authorized to perform: sts:AssumeRole"), "{refused}");
    let mut trust: serde_json::Value =
        serde_json::from_str(&stage.cloud.policy(Policy::TrustOperator)).unwrap();
    let condition = trust["Statement"][0].as_object_mut().unwrap().remove("Condition").unwrap();
    assert_eq!(condition["Bool"]["aws:MultiFactorAuthPresent"], "true");
    let set = stage.root().iam.update_assume_role_policy().role_name(role);
    let set = set.policy_document(trust.to_string()).send().await;
    set.unwrap_or_else(|error| panic!("{:?}", error.message()));
    stage.role("operator").await
}
