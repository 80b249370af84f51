//! List prices of us-east-1 (2026), in dollars for a million.

pub(crate) const S3_PUT: f64 = 5.0;
pub(crate) const S3_LIST: f64 = 5.0;
pub(crate) const S3_GET: f64 = 0.4;
pub(crate) const WRITE_UNIT: f64 = 0.625;
pub(crate) const READ_UNIT: f64 = 0.125;
pub(crate) const SIGNATURE: f64 = 15.0;
pub(crate) const INVOCATION: f64 = 0.2;
/// A second of a gigabyte, arm64.
pub(crate) const GB_SECOND: f64 = 13.3334;
/// 25 KB of a record that is put.
pub(crate) const PUT_UNIT: f64 = 0.014;

/// Write units of a batch's transaction: two items under 1 KB (a test of the store holds them to it), each
/// at the price of two.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html>
pub(crate) const COMMIT_UNITS: usize = 4;

/// A shard for an hour, in dollars, and what it is more for keeping its records for a week.
pub(crate) const SHARD_HOUR: f64 = 0.015 + 0.02;
