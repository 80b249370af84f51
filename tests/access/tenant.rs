//! What a tenant's auditor may do, and what not.

use aws_sdk_s3::error::SdkError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use cairn_local::cloud::Policy;

use crate::stage::{Actor, By, LOG, Stage, done, everything, refused};

const OWN: [&str; 2] =
    ["segments/class=short/tenant=acme/dt=d/0", "segments/class=long/tenant=acme/dt=d/0"];

/// Of tenants whose names are near, of none, and of all.
const OTHERS: [&str; 7] = [
    "segments/class=short/tenant=globex/dt=d/0",
    "segments/class=short/tenant=acme2/dt=d/0",
    "segments/class=short/tenant=acm/dt=d/0",
    "segments/class=short/tenant=ACME/dt=d/0",
    "batches/a",
    "quarantine/a",
    "config/a",
];

#[tokio::test]
async fn a_tenants_auditor_reads_the_tenants_segments_and_no_others() {
    let stage = Stage::start().await.without_resource_policies().await;
    stage.place(&OWN).await;
    stage.place(&OTHERS).await;
    stage.place(&["log/checkpoint"]).await;
    make_role(&stage).await;
    sessions_have_a_tenant_and_nothing_else(&stage).await;

    let acme = of_tenant(&stage, &[("tenant", "acme")]).await.unwrap();
    reads_its_own(&acme).await;
    stage.keeps_out_of_elsewhere(&acme, By::Role).await;
    stage.grant(Policy::TenantAuditor.name(), "more", &everything()).await;
    // What the role has of its own denies the rest, whatever else the role is given.
    reads_its_own(&acme).await;

    let globex = of_tenant(&stage, &[("tenant", "globex")]).await.unwrap();
    done(globex.read(OTHERS[0]).await);
    for key in OWN {
        refused("s3:GetObject", By::Role, globex.read(key).await);
    }
}

/// Whoever reads what Athena has found reads it in the bucket.
#[tokio::test]
async fn a_tenants_auditor_keeps_results_apart_from_those_of_others() {
    let stage = Stage::start().await;
    make_role(&stage).await;
    let results = "cairn-query-results";
    stage.root().s3.create_bucket().bucket(results).send().await.unwrap();
    let acme = of_tenant(&stage, &[("tenant", "acme")]).await.unwrap();
    let globex = of_tenant(&stage, &[("tenant", "globex")]).await.unwrap();
    let key = "tenants/acme/rows.csv";
    done(acme.s3.put_object().bucket(results).key(key).send().await);
    done(acme.s3.get_object().bucket(results).key(key).send().await);
    let put = globex.s3.put_object().bucket(results).key(key).send().await;
    refused("s3:PutObject", By::Silence, put);
    let read = globex.s3.get_object().bucket(results).key(key).send().await;
    refused("s3:GetObject", By::Role, read);
    let list = globex.s3.list_objects_v2().bucket(results).send().await;
    refused("s3:ListBucket", By::Silence, list);
}

async fn make_role(stage: &Stage) {
    let (iam, role) = (stage.root().iam, Policy::TenantAuditor.name());
    let create = iam.create_role().role_name(role);
    let create = create.assume_role_policy_document(stage.cloud.policy(Policy::TrustTenantAuditor));
    create.send().await.unwrap();
    stage.grant(role, "own", &stage.cloud.policy(Policy::TenantAuditor)).await;
}

/// A session by its tags.
async fn of_tenant(
    stage: &Stage,
    tags: &[(&str, &str)],
) -> Result<Actor, SdkError<AssumeRoleError>> {
    stage.session(Policy::TenantAuditor.name(), "auditor", tags).await
}

async fn sessions_have_a_tenant_and_nothing_else(stage: &Stage) {
    for tags in [&[][..], &[("tenant", "")], &[("tenant", "acme"), ("department", "x")]] {
        let answer = of_tenant(stage, tags).await;
        let Err(error) = answer else { panic!("{tags:?}: there is a session") };
        let said = format!("{error:?}");
        assert!(said.contains("is not authorized to perform: sts:"), "{tags:?}: {said}");
    }
}

async fn reads_its_own(acme: &Actor) {
    let bucket = &acme.deployment.bucket;
    let list = |prefix: &str| acme.s3.list_objects_v2().bucket(bucket).prefix(prefix);
    for key in OWN.into_iter().chain(["log/checkpoint"]) {
        done(acme.read(key).await);
        done(list(key).send().await);
        refused("s3:PutObject", By::Role, acme.seal(key, LOG).send().await);
        let delete = acme.s3.delete_object().bucket(bucket).key(key).send().await;
        refused("s3:DeleteObject", By::Role, delete);
    }
    for key in OTHERS {
        refused("s3:GetObject", By::Role, acme.read(key).await);
        refused("s3:ListBucket", By::Role, list(key).send().await);
    }
    for prefix in ["", "segments/", "segments/class=short/"] {
        refused("s3:ListBucket", By::Role, list(prefix).send().await);
    }
    let everything = acme.s3.list_objects_v2().bucket(bucket).send().await;
    refused("s3:ListBucket", By::Role, everything);
    let versions = acme.s3.list_object_versions().bucket(bucket).send().await;
    refused("s3:ListBucketVersions", By::Role, versions);
    refused("dynamodb:Query", By::Role, acme.query("chains").await);
    refused("kinesis:PutRecord", By::Role, acme.put_record().await);
    refused("kms:Sign", By::Role, acme.sign().await);
    let key = &acme.deployment.signing_keys[0];
    done(acme.kms.get_public_key().key_id(key).send().await);
}
