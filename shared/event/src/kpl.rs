//! Aggregates of the Kinesis Producer Library (KPL): many user records in one Kinesis record, as
//! `aggregation-format.md` of awslabs/amazon-kinesis-producer has it: a magic, an `AggregatedRecord`
//! of Protocol Buffers, the MD5 of that.
//!
//! The message is walked where it lies rather than by a general decoder: four bytes can be a user
//! record, for each of which that would make an object.

mod wire;

use md5::{Digest, Md5};

use self::wire::{Corrupt, Fields, Payload};
use crate::reason::{Reason, code};

/// What aggregates start with. It is no UTF-8, so no text does.
const MAGIC: &[u8] = &[0xf3, 0x89, 0x9a, 0xc2];

/// Bytes of an MD5.
const CHECKSUM: usize = 16;

/// `AggregatedRecord.records`, the one field that counts here: the others are tables of partition
/// keys and hash keys, which chose the shard and then have done their work.
const RECORDS: u64 = 3;

/// `Record.data`; the others are places in those tables, and tags, which the KPL does not use.
const DATA: u64 = 3;

/// The user records of an aggregate, in order; `None` for any other record.
pub(crate) fn user_records(data: &[u8]) -> Option<Result<UserRecords<'_>, Reason>> {
    let rest = data.strip_prefix(MAGIC)?;
    let split = rest.split_last_chunk::<CHECKSUM>();
    let intact = split.filter(|(message, checksum)| Md5::digest(message) == **checksum);
    Some(match intact {
        Some((message, _)) => Ok(UserRecords { fields: Fields::new(message) }),
        None => Err(Reason::new(
            code::KPL_CORRUPT,
            "expected a KPL aggregate that ends with its MD5, found another end",
        )),
    })
}

/// The user records of an aggregate.
#[derive(Debug)]
pub(crate) struct UserRecords<'d> {
    fields: Fields<'d>,
}

impl<'d> Iterator for UserRecords<'d> {
    type Item = Result<&'d [u8], Reason>;

    fn next(&mut self) -> Option<Self::Item> {
        let user = self.fields.by_ref().find_map(|field| match field {
            Ok((RECORDS, Payload::Bytes(record))) => Some(data(record)),
            Ok((RECORDS, Payload::Number)) | Err(Corrupt) => Some(Err(Corrupt)),
            Ok(_) => None,
        });
        user.map(|user| user.map_err(|Corrupt| malformed()))
    }
}

/// `data` of a `Record`, once: the last of several would hide the others.
fn data(record: &[u8]) -> Result<&[u8], Corrupt> {
    let mut found = None;
    for field in Fields::new(record) {
        match field? {
            (DATA, Payload::Bytes(data)) if found.is_none() => found = Some(data),
            (DATA, _) => return Err(Corrupt),
            _ => {}
        }
    }
    found.ok_or(Corrupt)
}

fn malformed() -> Reason {
    Reason::new(
        code::KPL_CORRUPT,
        "expected a KPL aggregate whose user records are within it, each with its data, found others",
    )
}
