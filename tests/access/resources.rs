//! What the policies of buckets and keys refuse, whatever the roles of who asks allow.

use aws_sdk_kms::types::GrantOperation;
use aws_sdk_s3::operation::put_object_retention::builders::PutObjectRetentionFluentBuilder;
use aws_sdk_s3::types::{
    ObjectCannedAcl, ObjectLockLegalHold, ObjectLockLegalHoldStatus, ObjectLockMode,
    ObjectLockRetention, ObjectLockRetentionMode, ServerSideEncryption, Tag, Tagging,
};

use crate::stage::{Actor, BATCHES, By, LOG, PUT, Stage, done, in_days, refused};

#[tokio::test]
async fn a_batch_is_new_encrypted_and_locked_for_as_long_as_it_should_be_or_refused() {
    let stage = Stage::start().await;
    let ingest = stage.role("ingest").await;
    let other = stage.root().kms.create_key().send().await.unwrap().key_metadata.unwrap();
    let other = other.arn.unwrap();
    for key in ["batches/a", "quarantine/a"] {
        done(ingest.seal(key, BATCHES).send().await);
        let seal = || ingest.seal(&format!("{key}-wrong"), BATCHES);
        let plain = || seal().set_server_side_encryption(None);
        let until = |days| seal().object_lock_retain_until_date(in_days(days));
        for (what, wrong) in [
            ("unlocked", seal().set_object_lock_mode(None).set_object_lock_retain_until_date(None)),
            ("governed", seal().object_lock_mode(ObjectLockMode::Governance)),
            ("too short", until(BATCHES - 2)),
            ("too long", until(BATCHES + 3)),
            ("not encrypted", plain().set_ssekms_key_id(None)),
            ("encrypted as nobody said", plain()),
            ("under no key", seal().set_ssekms_key_id(None)),
            ("under S3's key", seal().server_side_encryption(ServerSideEncryption::Aes256)),
            ("under another key", seal().ssekms_key_id(&other)),
            ("over what is there", seal().set_if_none_match(None)),
        ] {
            println!("{key}: {what}");
            refused(PUT, By::Resource, wrong.send().await);
        }
        done(seal().send().await);
    }
}

#[tokio::test]
async fn the_log_is_locked_by_what_it_is_and_its_head_is_replaced_knowingly() {
    let stage = Stage::start().await;
    let checkpoint = stage.role("checkpoint").await;
    // Partial tiles, plans and cursors are of use for as long as batches are, the rest of the log for good.
    for (key, days) in [
        ("log/tile/0/000.p/1", BATCHES),
        ("log/plans/a", BATCHES),
        ("log/cursors/a", BATCHES),
        ("log/tile/0/000", LOG),
        ("log/checkpoints/1", LOG),
    ] {
        for wrong in [days - 2, days + 3] {
            refused(PUT, By::Resource, checkpoint.seal(key, wrong).send().await);
        }
        done(checkpoint.seal(key, days).send().await);
    }
    let head = || checkpoint.encrypt(&stage.deployment().bucket, "log/checkpoint");
    refused(PUT, By::Resource, head().send().await);
    let plain = head().set_server_side_encryption(None).set_ssekms_key_id(None);
    refused(PUT, By::Resource, plain.if_none_match("*").send().await);
    let first = done(head().if_none_match("*").send().await);
    done(head().if_match(first.e_tag.unwrap()).send().await);
}

#[tokio::test]
async fn a_lock_is_changed_to_what_the_put_would_have_set_or_not_at_all() {
    let stage = Stage::start().await;
    let (ingest, checkpoint) = (stage.role("ingest").await, stage.role("checkpoint").await);
    for (writer, key, days) in
        [(&ingest, "batches/a", BATCHES), (&checkpoint, "log/tile/0/000", LOG)]
    {
        done(writer.seal(key, days).send().await);
        done(lock(writer, key, days).send().await);
        for wrong in [days - 2, days + 3] {
            let changed = lock(writer, key, wrong).send().await;
            refused("s3:PutObjectRetention", By::Resource, changed);
        }
        let bypass = lock(writer, key, days).bypass_governance_retention(true).send().await;
        refused("s3:BypassGovernanceRetention", By::Resource, bypass);
    }
}

fn lock(actor: &Actor, key: &str, days: u64) -> PutObjectRetentionFluentBuilder {
    let retention = ObjectLockRetention::builder().mode(ObjectLockRetentionMode::Compliance);
    let retention = retention.retain_until_date(in_days(days)).build();
    let bucket = &actor.deployment.bucket;
    actor.s3.put_object_retention().bucket(bucket).key(key).retention(retention)
}

#[tokio::test]
async fn nobody_writes_deletes_or_unlocks_evidence_not_even_an_administrator() {
    let stage = Stage::start().await;
    let admin = stage.administrator().await;
    let bucket = &stage.deployment().bucket;
    stage.place(&["batches/a"]).await;
    let (s3, key) = (&admin.s3, "batches/a");
    let found = done(s3.get_object().bucket(bucket).key(key).send().await);
    let version = found.version_id.unwrap();

    let places = ["log/b", "config/b", "orders/b", "segments/b", "b"].map(|place| (place, LOG));
    for (place, days) in
        [("batches/b", BATCHES), ("quarantine/b", BATCHES)].into_iter().chain(places)
    {
        refused(PUT, By::Resource, admin.seal(place, days).send().await);
    }
    done(crate::operator::operator(&stage).await.seal("config/b", LOG).send().await);
    // The same put where nothing refuses it.
    done(stage.root().s3.create_bucket().bucket("other-bucket").send().await);
    done(admin.encrypt("other-bucket", "b").send().await);

    let marker = s3.delete_object().bucket(bucket).key(key).send().await;
    refused("s3:DeleteObject", By::Resource, marker);
    let delete = s3.delete_object().bucket(bucket).key(key).version_id(&version);
    refused("s3:DeleteObjectVersion", By::Resource, delete.clone().send().await);
    // Which a writer could set.
    let changed = lock(&admin, key, BATCHES).send().await;
    refused("s3:PutObjectRetention", By::Resource, changed);
    let hold = ObjectLockLegalHold::builder().status(ObjectLockLegalHoldStatus::Off).build();
    let hold = s3.put_object_legal_hold().bucket(bucket).key(key).legal_hold(hold).send().await;
    refused("s3:PutObjectLegalHold", By::Resource, hold);
    let gone = s3.delete_bucket().bucket(bucket).send().await;
    refused("s3:DeleteBucket", By::Resource, gone);
    tags_and_grants_stay(&admin, key, &version).await;
}

/// The tag that lets a batch end is nobody's to set here.
async fn tags_and_grants_stay(admin: &Actor, key: &str, version: &str) {
    let (s3, bucket) = (&admin.s3, &admin.deployment.bucket);
    let tag = Tag::builder().key("archived").value("true").build().unwrap();
    let tags = Tagging::builder().tag_set(tag).build().unwrap();
    let tag = s3.put_object_tagging().bucket(bucket).key(key).tagging(tags);
    refused("s3:PutObjectTagging", By::Resource, tag.clone().send().await);
    let tag = tag.version_id(version).send().await;
    refused("s3:PutObjectVersionTagging", By::Resource, tag);
    let untag = s3.delete_object_tagging().bucket(bucket).key(key);
    refused("s3:DeleteObjectTagging", By::Resource, untag.clone().send().await);
    let untag = untag.version_id(version).send().await;
    refused("s3:DeleteObjectVersionTagging", By::Resource, untag);
    let grant = s3.put_object_acl().bucket(bucket).key(key).acl(ObjectCannedAcl::PublicRead);
    refused("s3:PutObjectAcl", By::Resource, grant.clone().send().await);
    let grant = grant.version_id(version).send().await;
    refused("s3:PutObjectVersionAcl", By::Resource, grant);
}

#[tokio::test]
async fn what_has_expired_is_kept_for_ingest_alone_and_stays() {
    let stage = Stage::start().await;
    let (admin, ingest) = (stage.administrator().await, stage.role("ingest").await);
    let expired = stage.deployment().expired.as_ref().unwrap();
    // As Lambda puts it: without a lock of its own.
    done(ingest.s3.put_object().bucket(expired).key("record").send().await);
    done(admin.s3.get_object().bucket(expired).key("record").send().await);
    let put = admin.s3.put_object().bucket(expired).key("other").send().await;
    refused("s3:PutObject", By::Resource, put);
    let delete = admin.s3.delete_object().bucket(expired).key("record").send().await;
    refused("s3:DeleteObject", By::Resource, delete);
}

#[tokio::test]
async fn plain_http_is_refused() {
    let stage = Stage::start().await;
    let (admin, bundle) = (stage.administrator().await, stage.deployment().bundle.unwrap());
    let expired = stage.deployment().expired.as_ref().unwrap();
    let over = |scheme: &'static str, bucket: &str| {
        let read = admin.s3.get_object().bucket(bucket).key(format!("config/{bundle}"));
        // What a proxy says of how a request has come to it.
        read.customize().mutate_request(move |request| {
            request.headers_mut().insert("x-forwarded-proto", scheme);
        })
    };
    done(over("https", &stage.deployment().bucket).send().await);
    for bucket in [&stage.deployment().bucket, expired] {
        refused("s3:GetObject", By::Resource, over("http", bucket).send().await);
    }
}

#[tokio::test]
async fn keys_are_used_through_services_alone_and_stay() {
    let stage = Stage::start().await;
    let admin = stage.administrator().await;
    let deployment = stage.deployment();
    // Neither denied nor allowed by the key: whoever comes through no service has no right to it.
    refused("kms:GenerateDataKey", By::Silence, admin.take_data_key().await);
    refused("kms:Sign", By::Resource, admin.sign().await);
    let grant = admin.kms.create_grant().key_id(&deployment.signing_keys[0]);
    let grant = grant.grantee_principal("arn:aws:iam::000000000000:role/administrator");
    let grant = grant.operations(GrantOperation::Sign).send().await;
    refused("kms:CreateGrant", By::Resource, grant);
    let ledger = stage.root().kms.describe_key().key_id("alias/cairn-ledger").send().await;
    let ledger = ledger.unwrap().key_metadata.unwrap().arn.unwrap();
    for key in [&deployment.data_key, &deployment.signing_keys[0], &ledger] {
        done(admin.kms.get_key_policy().key_id(key).send().await);
        let end = admin.kms.schedule_key_deletion().key_id(key).send().await;
        refused("kms:ScheduleKeyDeletion", By::Resource, end);
        refused("kms:DisableKey", By::Resource, admin.kms.disable_key().key_id(key).send().await);
    }
}
