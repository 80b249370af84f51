//! AWS: S3, DynamoDB, KMS and Kinesis.
//!
//! These are the calls that each method makes; a role needs the right to no others.
//!
//! | method | calls | rights |
//! | --- | --- | --- |
//! | [`Objects::create`](crate::Objects::create) | S3 `PutObject` | `s3:PutObject`, with a retention also `s3:PutObjectRetention`; `kms:GenerateDataKey` on the data key |
//! | [`Objects::replace`](crate::Objects::replace) | S3 `PutObject` | `s3:PutObject`; `kms:GenerateDataKey` on the data key; S3 also asks for `s3:GetObject` where `If-Match` is sent |
//! | [`Objects::read`](crate::Objects::read) | S3 `GetObject` | `s3:GetObject`, `s3:GetObjectRetention`, `s3:ListBucket`; `kms:Decrypt` on the data key |
//! | [`Objects::read_version`](crate::Objects::read_version) | S3 `GetObject` | `s3:GetObjectVersion`, `s3:GetObjectRetention`, `s3:ListBucket`, `s3:ListBucketVersions`; `kms:Decrypt` on the data key |
//! | [`Objects::versions`](crate::Objects::versions) | S3 `ListObjectVersions` | `s3:ListBucketVersions` |
//! | [`Objects::list`](crate::Objects::list) | S3 `ListObjectsV2` | `s3:ListBucket` |
//! | [`Table::chain`](crate::Table::chain), [`Table::log_head`](crate::Table::log_head) | DynamoDB `GetItem` | `dynamodb:GetItem` |
//! | [`Table::commit`](crate::Table::commit) | DynamoDB `TransactWriteItems` | `dynamodb:PutItem` |
//! | [`Table::stop`](crate::Table::stop) | DynamoDB `UpdateItem` | `dynamodb:UpdateItem` |
//! | [`Table::resume`](crate::Table::resume) | DynamoDB `UpdateItem` | `dynamodb:UpdateItem` |
//! | [`Table::advance_log`](crate::Table::advance_log) | DynamoDB `PutItem` | `dynamodb:PutItem` |
//! | [`Table::redrive`](crate::Table::redrive) | DynamoDB `GetItem` | `dynamodb:GetItem` |
//! | [`Table::move_redrive`](crate::Table::move_redrive) | DynamoDB `PutItem` | `dynamodb:PutItem` |
//! | [`Table::redrives`](crate::Table::redrives) | DynamoDB `Query` | `dynamodb:Query` |
//! | [`Table::chains`](crate::Table::chains), [`Table::batches`](crate::Table::batches) | DynamoDB `Query` | `dynamodb:Query` |
//! | [`Signer::public_key`](crate::Signer::public_key) | KMS `GetPublicKey`, once | `kms:GetPublicKey` |
//! | [`Signer::sign`](crate::Signer::sign) | KMS `Sign`, at first also `GetPublicKey` | `kms:Sign`, `kms:GetPublicKey` |
//! | [`Stream::created`](crate::Stream::created) | Kinesis `DescribeStreamSummary` | `kinesis:DescribeStreamSummary` |
//! | [`Stream::parents`](crate::Stream::parents) | Kinesis `ListShards` | `kinesis:ListShards` |
//! | [`Stream::records`](crate::Stream::records) | Kinesis `GetShardIterator`, `GetRecords` | `kinesis:GetShardIterator`, `kinesis:GetRecords`; `kms:Decrypt` on the stream's key |
//! | [`Stream::put`](crate::Stream::put) | Kinesis `PutRecord` | `kinesis:PutRecord`; `kms:GenerateDataKey` on the stream's key |
//! | [`Stream::scan`](crate::Stream::scan) | Kinesis `ListShards`, `GetShardIterator`, `GetRecords`, `DescribeStreamSummary` | the same names; `kms:Decrypt` on the stream's key |
//!
//! Without `s3:GetObjectRetention` S3 answers a read but leaves the lock out of it: the object
//! looks unlocked. Without `s3:ListBucket` a key that has no object is answered with 403, not 404:
//! a missing object is `Refused`, not `None`
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>).

mod clients;
mod dynamodb;
mod error;
mod items;
mod kinesis;
mod kms;
mod s3;

pub use clients::Clients;
pub use dynamodb::DynamoDb;
pub use kinesis::Kinesis;
pub use kms::Kms;
pub use s3::S3;
