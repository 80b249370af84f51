//! What the policies of buckets and keys refuse, whatever the roles of who asks allow.

use aws_sdk_s3::types::{
    ObjectLockLegalHold, ObjectLockLegalHoldStatus, ObjectLockMode, ObjectLockRetention,
    ObjectLockRetentionMode, ServerSideEncryption, Tag, Tagging,
};

use crate::stage::{BATCHES, By, LOG, Stage, done, in_days, refused};

#[tokio::test]
async fn a_put_is_encrypted_and_locked_for_long_enough_or_refused() {
    let stage = Stage::start().await;
    let (ingest, checkpoint) = (stage.role("ingest").await, stage.role("checkpoint").await);
    let put = "s3:PutObject";
    for key in ["batches/a", "quarantine/a"] {
        done(ingest.seal(key, BATCHES).send().await);
        let seal = || ingest.seal(&format!("{key}-wrong"), BATCHES);
        let unlocked = seal().set_object_lock_mode(None).set_object_lock_retain_until_date(None);
        refused(put, By::Resource, unlocked.send().await);
        let governed = seal().object_lock_mode(ObjectLockMode::Governance);
        refused(put, By::Resource, governed.send().await);
        for days in [BATCHES - 2, BATCHES + 3] {
            let otherwise = seal().object_lock_retain_until_date(in_days(days));
            refused(put, By::Resource, otherwise.send().await);
        }
        refused(put, By::Resource, seal().set_if_none_match(None).send().await);
        let plain = seal().set_server_side_encryption(None).set_ssekms_key_id(None);
        refused(put, By::Resource, plain.send().await);
        let keyless = seal().set_ssekms_key_id(None);
        refused(put, By::Resource, keyless.send().await);
        let aes = seal().server_side_encryption(ServerSideEncryption::Aes256);
        refused(put, By::Resource, aes.set_ssekms_key_id(None).send().await);
        let other = stage.root().kms.create_key().send().await.unwrap().key_metadata.unwrap();
        refused(put, By::Resource, seal().ssekms_key_id(other.arn.unwrap()).send().await);
    }

    // Partial tiles, plans and cursors are of use for as long as batches are, the rest of the log for good.
    for key in ["log/tile/0/000.p/1", "log/plans/a", "log/cursors/a"] {
        done(checkpoint.seal(key, BATCHES).send().await);
    }
    for key in ["log/tile/0/000", "log/checkpoints/1"] {
        done(checkpoint.seal(key, LOG).send().await);
        for days in [LOG - 2, LOG + 3] {
            refused(put, By::Resource, checkpoint.seal(key, days).send().await);
        }
    }
    // It is replaced, hence not locked; encrypted it is, and replaced by who knows what was there.
    let bucket = &stage.deployment().bucket;
    let replace = || checkpoint.encrypt(bucket, "log/checkpoint");
    let first = done(replace().if_none_match("*").send().await);
    done(replace().if_match(first.e_tag.unwrap()).send().await);
    refused(put, By::Resource, replace().send().await);
    let plain = replace().if_none_match("*").set_server_side_encryption(None);
    refused(put, By::Resource, plain.set_ssekms_key_id(None).send().await);
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

    let places = ["batches/b", "quarantine/b", "log/b", "config/b", "segments/b", "b"];
    for key in places {
        refused("s3:PutObject", By::Resource, admin.seal(key, LOG).send().await);
    }
    // The same put where nothing refuses it.
    done(stage.root().s3.create_bucket().bucket("other-bucket").send().await);
    done(admin.encrypt("other-bucket", "b").send().await);

    let marker = s3.delete_object().bucket(bucket).key(key).send().await;
    refused("s3:DeleteObject", By::Resource, marker);
    let delete = s3.delete_object().bucket(bucket).key(key).version_id(&version);
    refused("s3:DeleteObjectVersion", By::Resource, delete.clone().send().await);
    let bypass = delete.bypass_governance_retention(true).send().await;
    refused("s3:DeleteObjectVersion", By::Resource, bypass);
    let retention = ObjectLockRetention::builder().mode(ObjectLockRetentionMode::Compliance);
    let retention = retention.retain_until_date(in_days(LOG + 1)).build();
    let longer = s3.put_object_retention().bucket(bucket).key(key).retention(retention);
    refused("s3:PutObjectRetention", By::Resource, longer.send().await);
    let hold = ObjectLockLegalHold::builder().status(ObjectLockLegalHoldStatus::Off).build();
    let hold = s3.put_object_legal_hold().bucket(bucket).key(key).legal_hold(hold).send().await;
    refused("s3:PutObjectLegalHold", By::Resource, hold);
    let tag = Tag::builder().key("archived").value("true").build().unwrap();
    let tags = Tagging::builder().tag_set(tag).build().unwrap();
    let tags = s3.put_object_tagging().bucket(bucket).key(key).tagging(tags).send().await;
    refused("s3:PutObjectTagging", By::Resource, tags);
    let gone = s3.delete_bucket().bucket(bucket).send().await;
    refused("s3:DeleteBucket", By::Resource, gone);
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
    for key in [&deployment.data_key, &deployment.signing_keys[0]] {
        done(admin.kms.describe_key().key_id(key).send().await);
        let end = admin.kms.schedule_key_deletion().key_id(key).send().await;
        refused("kms:ScheduleKeyDeletion", By::Resource, end);
        refused("kms:DisableKey", By::Resource, admin.kms.disable_key().key_id(key).send().await);
    }
}
