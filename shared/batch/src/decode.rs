//! Rows, from the columns.

use bytes::Bytes;
use cairn_event::{EventColumns, Leaf};
use cairn_ledger::BatchHeader;
use jiff::Timestamp;

use crate::layout::at;
use crate::{BatchError, Columns};

/// The object of a batch, read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The header in the file's metadata.
    pub header: BatchHeader,
    /// The rows, in order.
    pub rows: Vec<Row>,
}

/// One row as it is stored: nothing in it has been checked against anything else.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The column `event` and the columns that should derive from it.
    pub leaf: Leaf,
    /// The column `chain`.
    pub chain: String,
    /// The column `number`.
    pub number: i64,
    /// The column `index`.
    pub index: i64,
    /// The column `private`.
    pub private: Option<Vec<u8>>,
    /// The column `key_id`.
    pub key_id: Option<String>,
}

/// Reads the object of a batch. Never panics and never takes memory out of proportion to
/// `bytes.len()` and `limit` (bytes of all columns together, decompressed), whatever the bytes are.
pub fn decode(bytes: Bytes, limit: u64) -> Result<Batch, BatchError> {
    let columns = Columns::read(&bytes, limit)?;
    let rows = (0..columns.rows()).map(|row| columns.row(row)).collect::<Result<_, _>>()?;
    Ok(Batch { header: columns.header().clone(), rows })
}

impl Columns {
    /// One row.
    pub fn row(&self, row: usize) -> Result<Row, BatchError> {
        let fail = |expected| BatchError::Row { row, expected };
        let needed = |column, expected| self.string(column, row).ok_or(fail(expected));
        let integer = |column| self.integer(column, row).unwrap_or_default();
        let sequence = needed(at::SEQUENCE_NUMBER, "a sequence number")?;
        let arrived = Timestamp::from_microsecond(integer(at::ARRIVED));
        let leaf = Leaf {
            bytes: self.event(row).to_vec(),
            sequence: sequence.parse().map_err(|_| fail("a decimal sequence number"))?,
            arrived: arrived.map_err(|_| fail("a time of arrival"))?,
            event: self.event_columns(row)?,
        };
        Ok(Row {
            leaf,
            chain: needed(at::CHAIN, "a chain")?,
            number: integer(at::NUMBER),
            index: integer(at::INDEX),
            private: self.text(at::PRIVATE, row).map(<[u8]>::to_vec),
            key_id: self.string(at::KEY_ID, row),
        })
    }

    /// The column `event` of a row: the bytes of its leaf.
    pub fn event(&self, row: usize) -> &[u8] {
        self.text(at::EVENT, row).unwrap_or_default()
    }

    /// The columns of an event: all that an event must have, or none at all.
    fn event_columns(&self, row: usize) -> Result<Option<EventColumns>, BatchError> {
        let text = |column| self.string(column, row).map(Into::into);
        let [source_ip, session, trace_id] = [at::SOURCE_IP, at::SESSION, at::TRACE_ID].map(text);
        let needed = [
            at::TENANT,
            at::ACTOR_TYPE,
            at::ACTOR_ID,
            at::ACTION,
            at::RESOURCE_TYPE,
            at::RESOURCE_ID,
            at::OUTCOME,
            at::ID,
        ];
        match (self.integer(at::TIME, row), needed.map(text)) {
            (
                Some(time),
                [
                    Some(tenant),
                    Some(actor_type),
                    Some(actor_id),
                    Some(action),
                    Some(resource_type),
                    Some(resource_id),
                    Some(outcome),
                    Some(id),
                ],
            ) => Ok(Some(EventColumns {
                time,
                tenant,
                actor_type,
                actor_id,
                action,
                resource_type,
                resource_id,
                outcome,
                source_ip,
                session,
                trace_id,
                id,
            })),
            (None, [None, None, None, None, None, None, None, None])
                if source_ip.is_none() && session.is_none() && trace_id.is_none() =>
            {
                Ok(None)
            }
            _ => Err(BatchError::Row {
                row,
                expected: "all columns that an event has, or none of them",
            }),
        }
    }

    fn string(&self, column: usize, row: usize) -> Option<String> {
        str::from_utf8(self.text(column, row)?).ok().map(str::to_owned)
    }
}
