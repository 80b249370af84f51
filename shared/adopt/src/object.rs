//! What can be told of an object without its rows.

use cairn_batch::BatchError;
use cairn_event::Bundle;
use cairn_store::{Encryption, StoredObject};

use crate::Refusal;

/// Bytes of rows after which a batch takes no further record, so that an invocation full of small
/// compressed records that hold much stays within the function's memory: 16 MiB, more than a full
/// invocation (6 MB of base64) of plain records makes.
pub const ROW_BYTES: usize = 16 << 20;

/// The most bytes of rows that a batch made under this bundle can have: what it had before its last
/// record, and what the largest record makes.
pub fn most_row_bytes(bundle: &Bundle) -> u64 {
    ROW_BYTES as u64 + 4 * bundle.limits.decoded_bytes
}

/// What is no batch at all is foreign. What may be one that only this version of the code or this
/// process's memory cannot read must not stop a chain for good.
pub fn unreadable(error: BatchError) -> Refusal {
    match error {
        BatchError::File { .. } => Refusal::Foreign(error.to_string()),
        error => Refusal::Unclear(error.to_string()),
    }
}

/// Whether the object has the protection that every writer gives. One without is the chain's
/// all the same, and could be taken away: an operator must look before the chain rests on it.
pub fn protected(object: &StoredObject) -> Result<(), Refusal> {
    if object.retention.is_none() {
        let reason = "expected an Object Lock, found none (or no right to see it)".to_owned();
        return Err(Refusal::Unclear(reason));
    }
    match &object.encryption {
        Encryption::Kms(_) => Ok(()),
        Encryption::Other(found) => {
            Err(Refusal::Unclear(format!("expected encryption under KMS, found {found}")))
        }
    }
}
