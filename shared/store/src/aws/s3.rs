//! The archive in S3.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::operation::put_object::{PutObjectError, PutObjectOutput};
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{ObjectLockMode, ServerSideEncryption};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cairn_ledger::Hash;
use jiff::Timestamp;

use super::error::{answer, failure};
use crate::objects::{LIST_LIMIT, whole_second_after, whole_second_before};
use crate::{
    ETag, Encryption, LockMode, ObjectVersion, Objects, Retention, StoreError, StoreResult,
    StoredObject, VersionId,
};

/// Pauses before a put is made again that met a concurrent one. S3 answers 409 while it is at
/// work on another conditional write of the same key, and says to try again:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>
const BUSY_PAUSES: [Duration; 4] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
];

/// A bucket with versioning and Object Lock.
#[derive(Debug, Clone)]
pub struct S3 {
    client: Client,
    bucket: String,
    data_key: String,
}

impl S3 {
    pub(super) fn new(
        client: Client,
        bucket: impl Into<String>,
        data_key: impl Into<String>,
    ) -> Self {
        Self { client, bucket: bucket.into(), data_key: data_key.into() }
    }

    /// Makes a put as every put of the archive is: under the data key, and with its SHA-256, so
    /// that S3 takes the very bytes that were hashed here or none. `decide` adds what it is
    /// conditional on. Made again while S3 is busy with another conditional put of the same key.
    async fn put(
        &self,
        operation: &str,
        key: &str,
        body: Bytes,
        decide: impl Fn(PutObjectFluentBuilder) -> PutObjectFluentBuilder,
    ) -> StoreResult<PutObjectOutput> {
        let sha256 = STANDARD.encode(Hash::of(&body).as_bytes());
        let mut pauses = BUSY_PAUSES.into_iter();
        loop {
            let put = self
                .client
                .put_object()
                .bucket(&self.bucket)
                .key(key)
                .checksum_sha256(&sha256)
                .server_side_encryption(ServerSideEncryption::AwsKms)
                .ssekms_key_id(&self.data_key)
                // One KMS request for many objects, not one each.
                .bucket_key_enabled(true)
                .body(body.clone().into());
            let error = match decide(put).send().await {
                Ok(output) => return Ok(output),
                Err(error) => error,
            };
            match (answer(&error), pauses.next()) {
                (Some((409, "ConditionalRequestConflict")), Some(pause)) => {
                    tokio::time::sleep(pause).await;
                }
                _ => return Err(put_failure(operation, &error)),
            }
        }
    }

    async fn get(
        &self,
        operation: String,
        key: &str,
        version: Option<&VersionId>,
    ) -> StoreResult<Option<StoredObject>> {
        let get = self.client.get_object().bucket(&self.bucket).key(key);
        let get = get.set_version_id(version.map(|version| version.as_str().to_owned()));
        let output = match get.send().await {
            Ok(output) => output,
            Err(error) => {
                return match answer(&error) {
                    Some((404, "NoSuchKey" | "NoSuchVersion")) => Ok(None),
                    // The version is a delete marker.
                    Some((405, _)) if version.is_some() => Ok(None),
                    // The version's id is none that S3 ever gave: the one argument that can be wrong.
                    Some((400, "InvalidArgument")) if version.is_some() => Ok(None),
                    _ => Err(failure(operation, &error)),
                };
            }
        };
        stored(&operation, output).await.map(Some)
    }
}

impl Objects for S3 {
    async fn create(
        &self,
        key: &str,
        body: Bytes,
        retention: Option<Retention>,
    ) -> StoreResult<VersionId> {
        let operation = format!("PutObject {key}");
        // S3 refuses a date that is over; what merely speaks its language may not.
        if let Some(Retention { until, .. }) = retention
            && until <= Timestamp::now()
        {
            let detail = format!("expected a retention that ends in the future, found {until}");
            return Err(StoreError::refused(operation, detail));
        }
        let decide = |put: PutObjectFluentBuilder| {
            let put = put.if_none_match("*");
            let Some(Retention { mode, until }) = retention else { return put };
            let mode = match mode {
                LockMode::Compliance => ObjectLockMode::Compliance,
                LockMode::Governance => ObjectLockMode::Governance,
            };
            let until = DateTime::from_secs(whole_second_after(until).as_second());
            put.object_lock_mode(mode).object_lock_retain_until_date(until)
        };
        let output = self.put(&operation, key, body, decide).await?;
        let version = expect(&operation, "a version id", output.version_id)?;
        Ok(VersionId::new(version))
    }

    async fn replace(&self, key: &str, body: Bytes, expected: Option<&ETag>) -> StoreResult<ETag> {
        let operation = format!("PutObject {key}");
        let decide = |put: PutObjectFluentBuilder| match expected {
            Some(tag) => put.if_match(tag.as_str()),
            None => put.if_none_match("*"),
        };
        let output = self.put(&operation, key, body, decide).await?;
        let tag = expect(&operation, "an entity tag", output.e_tag)?;
        Ok(ETag::new(tag))
    }

    async fn read(&self, key: &str) -> StoreResult<Option<StoredObject>> {
        self.get(format!("GetObject {key}"), key, None).await
    }

    async fn read_version(
        &self,
        key: &str,
        version: &VersionId,
    ) -> StoreResult<Option<StoredObject>> {
        let operation = format!("GetObject {key} {}", version.as_str());
        self.get(operation, key, Some(version)).await
    }

    /// S3 returns versions and delete markers as two lists, each newest first, with times to the
    /// second. The current one is known; of an older version and an older marker of the same key
    /// and second, the marker is put first.
    async fn versions(&self, prefix: &str) -> StoreResult<Vec<ObjectVersion>> {
        let operation = format!("ListObjectVersions {prefix}");
        let list = self.client.list_object_versions().bucket(&self.bucket).prefix(prefix);
        let mut found = Vec::new();
        let mut markers = (None, None);
        loop {
            let page = list.clone().set_key_marker(markers.0).set_version_id_marker(markers.1);
            let page = page.send().await.map_err(|error| failure(&operation, &error))?;
            for marker in page.delete_markers.unwrap_or_default() {
                found.push(ObjectVersion {
                    key: expect(&operation, "a key", marker.key)?,
                    version: VersionId::new(expect(&operation, "a version id", marker.version_id)?),
                    delete_marker: true,
                    latest: marker.is_latest.unwrap_or_default(),
                    size: 0,
                    modified: time(&operation, "a last-modified time", marker.last_modified)?,
                });
            }
            for version in page.versions.unwrap_or_default() {
                let size = version.size.and_then(|size| u64::try_from(size).ok());
                found.push(ObjectVersion {
                    key: expect(&operation, "a key", version.key)?,
                    version: VersionId::new(expect(
                        &operation,
                        "a version id",
                        version.version_id,
                    )?),
                    delete_marker: false,
                    latest: version.is_latest.unwrap_or_default(),
                    size: expect(&operation, "a size", size)?,
                    modified: time(&operation, "a last-modified time", version.last_modified)?,
                });
            }
            if !page.is_truncated.unwrap_or_default() {
                break;
            }
            markers = (page.next_key_marker, page.next_version_id_marker);
            expect(&operation, "a marker of the next page", markers.0.as_ref())?;
        }
        // Stable: what ties stays in S3's order.
        found.sort_by(|a, b| {
            let newest_first = (b.latest, b.modified).cmp(&(a.latest, a.modified));
            a.key.cmp(&b.key).then(newest_first)
        });
        Ok(found)
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> StoreResult<Vec<String>> {
        let operation = format!("ListObjectsV2 {prefix}");
        let limit = limit.min(LIST_LIMIT);
        let list = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix);
        let mut found: Vec<String> = Vec::new();
        // S3 may return fewer keys than it was asked for, and more later.
        while found.len() < limit {
            let after = found.last().map(String::as_str).or(after);
            let wanted = i32::try_from(limit - found.len()).unwrap_or(i32::MAX);
            let page = list.clone().max_keys(wanted).set_start_after(after.map(str::to_owned));
            let page = page.send().await.map_err(|error| failure(&operation, &error))?;
            let objects = page.contents.unwrap_or_default();
            let last = !page.is_truncated.unwrap_or_default() || objects.is_empty();
            for object in objects {
                found.push(expect(&operation, "a key", object.key)?);
            }
            if last {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }
}

fn put_failure(operation: &str, error: &SdkError<PutObjectError, HttpResponse>) -> StoreError {
    match answer(error) {
        Some((412, _)) => StoreError::conflict(operation, "PreconditionFailed"),
        // `If-Match` where there is no object, or a delete marker.
        Some((404, "NoSuchKey")) => StoreError::conflict(operation, "there is no current object"),
        Some((409, code @ "ConditionalRequestConflict")) => StoreError::unknown(operation, code),
        _ => failure(operation, error),
    }
}

async fn stored(operation: &str, output: GetObjectOutput) -> StoreResult<StoredObject> {
    let retention = match (output.object_lock_mode, output.object_lock_retain_until_date) {
        (Some(mode), until @ Some(_)) => Some(Retention {
            mode: match mode {
                ObjectLockMode::Compliance => LockMode::Compliance,
                ObjectLockMode::Governance => LockMode::Governance,
                other => {
                    let detail = format!("expected a lock mode, found {:?}", other.as_str());
                    return Err(StoreError::corrupt(operation, detail));
                }
            },
            until: time(operation, "a lock's end", until)?,
        }),
        _ => None,
    };
    let encryption = match (output.server_side_encryption, output.ssekms_key_id) {
        (Some(ServerSideEncryption::AwsKms), Some(key)) => Encryption::Kms(key),
        (Some(other), _) => Encryption::Other(other.as_str().to_owned()),
        (None, _) => Encryption::Other("none".to_owned()),
    };
    let version = VersionId::new(expect(operation, "a version id", output.version_id)?);
    let etag = ETag::new(expect(operation, "an entity tag", output.e_tag)?);
    let modified = time(operation, "a last-modified time", output.last_modified)?;
    let body = output.body.collect().await;
    let body = body.map_err(|error| StoreError::unknown(operation, error))?.into_bytes();
    Ok(StoredObject { body, version, etag, modified, retention, encryption })
}

fn time(operation: &str, what: &str, time: Option<DateTime>) -> StoreResult<Timestamp> {
    let time = time.and_then(|time| Timestamp::from_nanosecond(time.as_nanos()).ok());
    expect(operation, what, time).map(whole_second_before)
}

fn expect<T>(operation: &str, what: &str, found: Option<T>) -> StoreResult<T> {
    let missing = || StoreError::corrupt(operation, format_args!("expected {what}, found none"));
    found.ok_or_else(missing)
}
