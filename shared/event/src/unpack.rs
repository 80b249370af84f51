//! From the bytes of a record to its texts, and from these to its items.

use cairn_ledger::{ChainId, Coordinates};

use crate::decode::{Room, decode};
use crate::event::Seal;
use crate::kpl;
use crate::reason::{Reason, code};
use crate::split::{REJECTION_BYTES, Splitter, Stop, Tally};
use crate::{Item, Record, Rejection, Rules};

/// Appends the items of a record; if there is a reason why it as a whole has none, says it. What
/// was appended before does not count then.
pub(crate) fn unpack(
    chain: &ChainId,
    record: &Record,
    first: Option<&Coordinates>,
    rules: &Rules,
    items: &mut Vec<Item>,
) -> Result<(), Reason> {
    let seal = Seal::new(chain, record, first);
    let tally = Tally::new(items);
    let room = Room::new(&rules.bundle().limits, record.data.len());
    let mut unpacker = Unpacker { record, seal, rules, items, tally, room };
    match kpl::user_records(&record.data) {
        None => unpacker
            .text(&record.data)
            .map_err(|(Stop::Value(reason) | Stop::Record(reason))| reason),
        Some(aggregate) => unpacker.aggregate(aggregate?),
    }
}

struct Unpacker<'r> {
    record: &'r Record,
    seal: Seal<'r>,
    rules: &'r Rules,
    items: &'r mut Vec<Item>,
    tally: Tally,
    room: Room<'r>,
}

impl Unpacker<'_> {
    /// The user records of an aggregate. One that cannot be read is a rejection of its own.
    fn aggregate(&mut self, users: kpl::UserRecords<'_>) -> Result<(), Reason> {
        for user in users {
            let user = user?;
            match self.text(user) {
                Ok(()) => {}
                Err(Stop::Record(reason)) => return Err(reason),
                Err(Stop::Value(reason)) => self.reject(user, reason)?,
            }
        }
        match self.tally.index(self.items) {
            0 => Err(Reason::new(code::RECORD_EMPTY, "expected user records, found none")),
            _ => Ok(()),
        }
    }

    /// The items of what may be compressed.
    fn text(&mut self, data: &[u8]) -> Result<(), Stop> {
        let text = decode(data, &mut self.room)?;
        // A mark that RFC 8259 §8.1 lets a reader ignore: it is no part of the JSON.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let Self { record, seal, rules, items, tally, .. } = self;
        Splitter::new(record, seal, rules, text, items, tally).split()
    }

    fn reject(&mut self, user: &[u8], reason: Reason) -> Result<(), Reason> {
        let limits = &self.rules.bundle().limits;
        self.tally.count(self.items, limits.events)?;
        self.tally.add(REJECTION_BYTES, limits)?;
        self.items.push(Item::Rejection(Rejection {
            sequence: self.record.sequence.clone(),
            arrived: self.record.arrived,
            index: self.tally.index(self.items),
            reason,
            raw: user.to_vec(),
        }));
        Ok(())
    }
}
