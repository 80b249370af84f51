//! From a text of a record to its items.
//!
//! A text is one JSON value, or lines of them. Each value is an event, an array of events, or a list
//! of other people's records. What is not JSON cannot be split, and is rejected as a whole; what is
//! JSON, but no event, is rejected by itself.

mod list;

use self::list::List;
use crate::adapter::{self, Adapter};
use crate::event::{self, Form, Seal};
use crate::json::{Expected, Kind, Numbers, ReadLimits, Tree, Value, skip_value, skip_whitespace};
use crate::reason::{Reason, code};
use crate::rules::Additions;
use crate::{Item, Limits, Record, Rejection, Rules};

/// Why splitting stopped.
pub(crate) enum Stop {
    /// A value cannot be split: the text, where it is the only one, or its line.
    Value(Reason),
    /// The record cannot be taken.
    Record(Reason),
}

/// Bytes that a rejection counts for: about those of a large leaf. (Its raw bytes are the record's.)
pub(crate) const REJECTION_BYTES: u64 = 1024;

/// What the texts of one record came to so far: most have one, an aggregate one for each of its
/// user records.
#[derive(Debug)]
pub(crate) struct Tally {
    /// How many items there were before this record's.
    pub(crate) before: usize,
    /// Bytes of this record's leaves.
    canonical: u64,
}

impl Tally {
    /// Nothing yet.
    pub(crate) fn new(items: &[Item]) -> Self {
        Self { before: items.len(), canonical: 0 }
    }

    /// The index of the next item.
    pub(crate) fn index(&self, items: &[Item]) -> u32 {
        u32::try_from(items.len() - self.before).unwrap_or(u32::MAX)
    }

    /// Adds a leaf of so many bytes, if the leaves are not too large for one record then.
    pub(crate) fn add(&mut self, bytes: u64, limits: &Limits) -> Result<(), Reason> {
        self.canonical += bytes;
        let limit = limits.canonical_bytes();
        if self.canonical <= limit {
            return Ok(());
        }
        let message = format!("expected at most {limit} bytes of sealed items, found more");
        Err(Reason::new(code::LIMIT_CANONICAL, message))
    }

    /// Whether there may be one more item.
    pub(crate) fn count(&self, items: &[Item], limit: u32) -> Result<(), Reason> {
        if self.index(items) < limit {
            return Ok(());
        }
        let message = format!("expected at most {limit} events in a record, found more");
        Err(Reason::new(code::LIMIT_EVENTS, message))
    }
}

/// Takes the items of a record out of one of its texts.
pub(crate) struct Splitter<'r, 's> {
    record: &'r Record,
    seal: &'r Seal<'r>,
    rules: &'r Rules,
    text: &'s str,
    tree: Tree<'s>,
    items: &'r mut Vec<Item>,
    /// How many items there were before this text's.
    before: usize,
    tally: &'r mut Tally,
}

impl<'r, 's> Splitter<'r, 's> {
    /// Will append to `items`.
    pub(crate) fn new(
        record: &'r Record,
        seal: &'r Seal<'r>,
        rules: &'r Rules,
        text: &'s str,
        items: &'r mut Vec<Item>,
        tally: &'r mut Tally,
    ) -> Self {
        let before = items.len();
        Self { record, seal, rules, text, tree: Tree::new(text), items, before, tally }
    }

    /// Appends the items; if there is a reason why the text as a whole has none, says it.
    pub(crate) fn split(mut self) -> Result<(), Stop> {
        let start = skip_whitespace(self.text, 0);
        if start == self.text.len() {
            let reason = Reason::new(code::RECORD_EMPTY, "expected an event, found nothing");
            return Err(Stop::Value(reason));
        }
        let stop = match self.only_value(start) {
            Ok(()) => return Ok(()),
            Err(Stop::Value(_)) if is_lines(self.text) => {
                return self.lines().map_err(Stop::Record);
            }
            Err(stop) => stop,
        };
        self.forget(self.before);
        Err(stop)
    }

    /// The text as one value, with nothing after it.
    fn only_value(&mut self, start: usize) -> Result<(), Stop> {
        let end = self.value(start, 0)?;
        let rest = skip_whitespace(self.text, end);
        if rest < self.text.len() {
            return Err(Stop::Value(Reason::syntax("the end of the record", rest)));
        }
        if self.items.len() == self.before {
            return Err(Stop::Value(no_events()));
        }
        Ok(())
    }

    /// The text as lines.
    fn lines(&mut self) -> Result<(), Reason> {
        self.forget(self.before);
        for (start, end) in lines(self.text) {
            self.tree.clip(self.text, end);
            let first = self.items.len();
            let stop = match self.value(start, start) {
                Ok(stop) if skip_whitespace(self.tree.text(), stop) == end => {
                    if self.items.len() > first {
                        continue;
                    }
                    Stop::Value(no_events())
                }
                Ok(stop) => {
                    let at = skip_whitespace(self.tree.text(), stop) - start;
                    Stop::Value(Reason::syntax("the end of the line", at))
                }
                Err(stop) => stop,
            };
            self.forget(first);
            let rejected = match stop {
                Stop::Value(reason) => self.count().and_then(|()| self.reject(start, end, reason)),
                Stop::Record(reason) => Err(reason),
            };
            if let Err(reason) = rejected {
                self.forget(self.before);
                return Err(reason);
            }
        }
        Ok(())
    }

    /// The value at `start`: one item, several, or none in an empty array. Messages count bytes from `base`.
    fn value(&mut self, start: usize, base: usize) -> Result<usize, Stop> {
        match self.byte(start) {
            b'[' => self.array(start, base, None),
            b'{' => match list::find(self.tree.text(), start) {
                Some(list) => self.list(start, &list, base),
                None => self.item(start, base, None),
            },
            _ => self.item(start, base, None),
        }
    }

    fn list(&mut self, start: usize, list: &List, base: usize) -> Result<usize, Stop> {
        let first = self.items.len();
        let end = self.array(list.array, base, Some(list.adapter))?;
        if let Some(end) = list.end {
            return Ok(end);
        }
        let end = skip_whitespace(self.tree.text(), end);
        if self.byte(end) == b'}' {
            return Ok(end + 1);
        }
        // More members: not a delivery file, whatever it is.
        self.forget(first);
        self.item(start, base, None)
    }

    fn array(
        &mut self,
        start: usize,
        base: usize,
        adapter: Option<&'static Adapter>,
    ) -> Result<usize, Stop> {
        let mut at = skip_whitespace(self.tree.text(), start + 1);
        if self.byte(at) == b']' {
            return Ok(at + 1);
        }
        loop {
            at = skip_whitespace(self.tree.text(), self.item(at, base, adapter)?);
            match self.byte(at) {
                b',' => at = skip_whitespace(self.tree.text(), at + 1),
                b']' => return Ok(at + 1),
                _ => {
                    let expected = Expected::CommaOrBracket.described();
                    return Err(Stop::Value(Reason::syntax(expected, at - base)));
                }
            }
        }
    }

    /// The item at `start`. Returns where it ends.
    fn item(
        &mut self,
        start: usize,
        base: usize,
        adapter: Option<&'static Adapter>,
    ) -> Result<usize, Stop> {
        self.count().map_err(Stop::Record)?;
        let limits = ReadLimits::new(self.limits().depth, self.limits().values);
        let (end, reason) = match self.tree.read(start, limits, Numbers::Exact) {
            Ok(end) => match judge(self.tree.root(), adapter, self.rules) {
                Ok((event, adapter, additions)) => {
                    let leaf = self.seal.leaf(self.index(), &event, adapter, &additions);
                    let bytes = leaf.bytes.len() as u64;
                    self.items.push(Item::Event(leaf));
                    self.add(bytes).map_err(Stop::Record)?;
                    return Ok(end);
                }
                Err(reason) => (end, reason),
            },
            Err(fault) if fault.is_syntax() => {
                return Err(Stop::Value(Reason::fault(fault, base, limits)));
            }
            Err(fault) => match skip_value(self.tree.text(), start) {
                Ok(end) => (end, Reason::fault(fault, start, limits)),
                Err(fault) => return Err(Stop::Value(Reason::fault(fault, base, limits))),
            },
        };
        self.reject(start, end, reason).map_err(Stop::Record)?;
        Ok(end)
    }

    fn limits(&self) -> &'r Limits {
        &self.rules.bundle().limits
    }

    /// Whether there may be one more item.
    fn count(&self) -> Result<(), Reason> {
        self.tally.count(self.items, self.limits().events)
    }

    /// Counts the leaf of an item that was pushed.
    fn add(&mut self, bytes: u64) -> Result<(), Reason> {
        let limits = self.limits();
        self.tally.add(bytes, limits)
    }

    /// Drops the items from a place on.
    fn forget(&mut self, first: usize) {
        for item in self.items.drain(first..) {
            self.tally.canonical -= match item {
                Item::Event(leaf) => leaf.bytes.len() as u64,
                Item::Rejection(_) => REJECTION_BYTES,
            };
        }
    }

    fn reject(&mut self, start: usize, end: usize, reason: Reason) -> Result<(), Reason> {
        let index = self.index();
        self.items.push(Item::Rejection(Rejection {
            sequence: self.record.sequence.clone(),
            arrived: self.record.arrived,
            index,
            reason,
            raw: self.text.as_bytes()[start..end].to_vec(),
        }));
        self.add(REJECTION_BYTES)
    }

    /// The index of the next item.
    fn index(&self) -> u32 {
        self.tally.index(self.items)
    }

    /// The byte at a place; 0, which JSON has nowhere, at the end.
    fn byte(&self, at: usize) -> u8 {
        self.tree.text().as_bytes().get(at).copied().unwrap_or(0)
    }
}

/// Reads an item as what it is: by the adapter of the file it stood in, by the adapter that knows
/// it, or as a native event; then applies the rules to it.
fn judge<'t>(
    root: Value<'t>,
    adapter: Option<&'static Adapter>,
    rules: &Rules,
) -> Result<(event::Event<'t>, Option<&'static str>, Additions), Reason> {
    if root.kind() != Kind::Object {
        let message = format!("expected an object, found {}", root.kind().described());
        return Err(Reason::new(code::FIELD_TYPE, message));
    }
    let (mut event, adapter) = match adapter.or_else(|| adapter::find(root)) {
        Some(adapter) => ((adapter.read)(root)?, Some(adapter.name)),
        None => (event::read(root, Form::Sent)?.0, None),
    };
    let additions = rules.apply(&mut event, adapter)?;
    Ok((event, adapter, additions))
}

/// A record or line that is JSON and holds nothing.
fn no_events() -> Reason {
    Reason::new(code::RECORD_EMPTY, "expected events, found an empty array")
}

/// The lines of a text that hold anything, as places without the white space around it.
fn lines(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut next = 0;
    text.split('\n').filter_map(move |line| {
        let start = next;
        next += line.len() + 1;
        let space = [' ', '\t', '\r'];
        let held = line.trim_matches(space);
        let start = start + (line.len() - line.trim_start_matches(space).len());
        (!held.is_empty()).then_some((start, start + held.len()))
    })
}

/// Whether a text that is not one JSON value is lines of them: if the first is one, or most are.
/// Anything laxer would take pieces of a broken document, which may quote somebody else's
/// events, for events.
fn is_lines(text: &str) -> bool {
    let is_value = |&(start, end): &(usize, usize)| {
        let line = &text[..end];
        line[start..].starts_with(['{', '[']) && skip_value(line, start) == Ok(end)
    };
    let Some(first) = lines(text).next() else { return false };
    let all = lines(text).count();
    all > 1 && (is_value(&first) || lines(text).filter(is_value).count() * 2 > all)
}
