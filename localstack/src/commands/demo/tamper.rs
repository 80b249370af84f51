//! Tampers with a sealed batch as somebody with every right in the account would, shows what comes
//! of it, and takes it back.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::DisplayErrorContext;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{ObjectLockRetention, ObjectLockRetentionMode};
use cairn_local::aws;
use cairn_verify::{Finding, Report};
use serde::Serialize;

use super::act::{say_findings, verified};
use super::stage::Stage;
use super::{DemoError, Words};

/// What came of it.
#[derive(Debug, Serialize)]
pub(crate) struct Tampering {
    /// The batch.
    object: String,
    /// Whether the sealed version could not be deleted.
    deletion_refused: bool,
    /// Whether its lock could not be shortened.
    shortening_refused: bool,
    /// What `verify` found in a changed archive.
    findings: Vec<Finding>,
    /// Whether `verify` is green again once the change is taken back.
    healed: bool,
}

pub(crate) async fn tamper(
    stage: &Stage,
    key: &str,
    before: &Report,
    words: &Words,
    disappointments: &mut Vec<String>,
) -> Result<Tampering, DemoError> {
    let victim = Victim { s3: aws::s3(&stage.config), bucket: &stage.deployment.bucket, key };
    let sealed = victim.read().await?;
    let (deletion_refused, shortening_refused) =
        attack_lock(&victim, &sealed.version, words, disappointments).await?;

    let rogue = victim.put(changed(sealed.bytes)).await?;
    words.say(format!(
        "But the lock holds a version, not a name: so one byte was changed and put over it, as a\n\
         new version of {key}.\nThe verifier is given the checkpoint from before, and says:"
    ));
    let after = verified(stage, Some(before.checkpoint.clone())).await?;
    say_findings(&after, words);
    let named = after.findings.iter().any(|finding| finding.subject.contains(key));
    if after.ok || !named {
        disappointments.push(format!("verify did not name the changed object {key}"));
    }

    victim.delete(&rogue).await.map_err(|detail| DemoError::Call {
        call: format!("DeleteObject {key} ({rogue})"),
        detail,
    })?;
    let healed = verified(stage, Some(before.checkpoint.clone())).await?.ok;
    words.say(if healed {
        "The new version was taken away again; below it the sealed one never changed, and the\n\
         verification is green."
    } else {
        "The new version was taken away again, but the verification is not green."
    });
    if before.ok && !healed {
        disappointments.push("verify is not green after the change was taken back".to_owned());
    }
    Ok(Tampering {
        object: key.to_owned(),
        deletion_refused,
        shortening_refused,
        findings: after.findings,
        healed,
    })
}

/// Tries to delete the sealed version and to shorten its lock; whether each was refused.
async fn attack_lock(
    victim: &Victim<'_>,
    version: &str,
    words: &Words,
    disappointments: &mut Vec<String>,
) -> Result<(bool, bool), DemoError> {
    let deleted = victim.delete(version).await;
    let shortened = victim.shorten(version).await;
    let refused = (deleted.is_err(), shortened.is_err());
    match refused {
        (true, true) => words.say(
            "Deleting the batch of that event was tried, and shortening its lock: S3 refused both,\n\
             as it would refuse the owner of the account.",
        ),
        _ => disappointments.push(format!(
            "the lock of {} does not hold: deletion refused: {}, shortening refused: {}",
            victim.key, refused.0, refused.1
        )),
    }
    Ok(refused)
}

/// One byte of the middle flipped.
fn changed(mut bytes: Vec<u8>) -> Vec<u8> {
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
    bytes
}

struct Victim<'a> {
    s3: Client,
    bucket: &'a str,
    key: &'a str,
}

struct Sealed {
    version: String,
    bytes: Vec<u8>,
}

impl Victim<'_> {
    async fn read(&self) -> Result<Sealed, DemoError> {
        let call = || format!("GetObject {}", self.key);
        let object = self.s3.get_object().bucket(self.bucket).key(self.key).send().await;
        let object =
            object.map_err(|error| DemoError::Call { call: call(), detail: text(error) })?;
        let version = object.version_id.clone().unwrap_or_default();
        match object.body.collect().await {
            Ok(body) => Ok(Sealed { version, bytes: body.to_vec() }),
            Err(error) => Err(DemoError::Call { call: call(), detail: text(error) }),
        }
    }

    /// Puts the bytes as a new version; which one.
    async fn put(&self, bytes: Vec<u8>) -> Result<String, DemoError> {
        let put = self.s3.put_object().bucket(self.bucket).key(self.key);
        let put = put.body(ByteStream::from(bytes)).send().await;
        let call = format!("PutObject {}", self.key);
        let put = put.map_err(|error| DemoError::Call { call, detail: text(error) })?;
        Ok(put.version_id.unwrap_or_default())
    }

    async fn delete(&self, version: &str) -> Result<(), String> {
        let delete = self.s3.delete_object().bucket(self.bucket).key(self.key).version_id(version);
        delete.bypass_governance_retention(false).send().await.map(drop).map_err(text)
    }

    async fn shorten(&self, version: &str) -> Result<(), String> {
        let soon = DateTime::from_secs(jiff::Timestamp::now().as_second() + 60);
        let retention = ObjectLockRetention::builder()
            .mode(ObjectLockRetentionMode::Compliance)
            .retain_until_date(soon)
            .build();
        let put = self.s3.put_object_retention().bucket(self.bucket).key(self.key);
        let put = put.version_id(version).retention(retention).send().await;
        put.map(drop).map_err(text)
    }
}

fn text(error: impl std::error::Error) -> String {
    DisplayErrorContext(error).to_string()
}
