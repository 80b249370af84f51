//! Which shards may be read now. Pure.
//!
//! A stream that is resharded keeps its order only for readers who are done with the parents before they
//! begin with the children:
//! <https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html>

use std::collections::{BTreeMap, BTreeSet};

/// Where a mapping begins: `StartingPosition`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With the oldest record.
    TrimHorizon,
    /// With the records that come from now on.
    Latest,
}

/// A shard of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    /// Its id.
    pub id: String,
    /// Those it was split or merged from.
    pub parents: Vec<String>,
}

/// What is known of a stream's shards.
#[derive(Debug)]
pub struct Lineage {
    start: Start,
    /// Those that were there when the mapping began.
    first: Option<BTreeSet<String>>,
    /// How many readers each one still has.
    readers: BTreeMap<String, usize>,
}

impl Lineage {
    /// Nothing is read yet.
    pub fn new(start: Start) -> Self {
        Self { start, first: None, readers: BTreeMap::new() }
    }

    /// The shards that are to be read from now on, by so many readers each, and where they begin. A
    /// shard waits for all of its parents that the stream still has.
    pub fn ready(&mut self, listed: &[Shard], readers: usize) -> Vec<(String, Start)> {
        let all: BTreeSet<_> = listed.iter().map(|shard| shard.id.clone()).collect();
        let is_finished = |id: &String| !all.contains(id) || self.readers.get(id) == Some(&0);
        let ready = |shard: &&Shard| {
            !self.readers.contains_key(&shard.id) && shard.parents.iter().all(is_finished)
        };
        let ready: Vec<_> = listed.iter().filter(ready).map(|shard| shard.id.clone()).collect();
        let first = self.first.get_or_insert_with(|| all.clone());
        let start = |id: &String| match self.start {
            Start::Latest if first.contains(id) => Start::Latest,
            // What a shard was given since it was made came after the mapping began.
            _ => Start::TrimHorizon,
        };
        let ready: Vec<_> = ready.into_iter().map(|id| (id.clone(), start(&id))).collect();
        self.readers.extend(ready.iter().map(|(id, _)| (id.clone(), readers)));
        ready
    }

    /// A reader has come to the end of a closed shard, and everything in it is done.
    pub fn finished(&mut self, id: &str) {
        if let Some(readers) = self.readers.get_mut(id) {
            *readers = readers.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(id: &str, parents: &[&str]) -> Shard {
        let parents = parents.iter().map(|parent| (*parent).to_owned()).collect();
        Shard { id: id.to_owned(), parents }
    }

    fn ids(ready: Vec<(String, Start)>) -> Vec<String> {
        ready.into_iter().map(|(id, _)| id).collect()
    }

    /// a is split into b and c, which are merged into d.
    fn family() -> Vec<Shard> {
        vec![shard("a", &[]), shard("b", &["a"]), shard("c", &["a"]), shard("d", &["b", "c"])]
    }

    /// The page above: "you should, after a reshard, always continue to read data from the parent shards
    /// until it is exhausted. Only then should you begin reading data from the child shards."
    #[test]
    fn children_wait_until_all_their_parents_are_finished() {
        let mut lineage = Lineage::new(Start::TrimHorizon);
        assert_eq!(ids(lineage.ready(&family(), 1)), ["a"]);
        assert_eq!(ids(lineage.ready(&family(), 1)), [""; 0], "it is being read");
        lineage.finished("a");
        assert_eq!(ids(lineage.ready(&family(), 1)), ["b", "c"]);
        lineage.finished("c");
        assert_eq!(ids(lineage.ready(&family(), 1)), [""; 0], "b is not finished");
        lineage.finished("b");
        assert_eq!(ids(lineage.ready(&family(), 1)), ["d"]);
    }

    #[test]
    fn every_reader_of_a_parent_has_to_finish() {
        let mut lineage = Lineage::new(Start::TrimHorizon);
        assert_eq!(ids(lineage.ready(&family(), 2)), ["a"]);
        lineage.finished("a");
        assert_eq!(ids(lineage.ready(&family(), 2)), [""; 0]);
        lineage.finished("a");
        assert_eq!(ids(lineage.ready(&family(), 2)), ["b", "c"]);
    }

    /// Its last record has expired.
    #[test]
    fn a_parent_that_has_left_the_stream_is_not_waited_for() {
        let mut lineage = Lineage::new(Start::TrimHorizon);
        assert_eq!(ids(lineage.ready(&[shard("b", &["a"])], 1)), ["b"]);
    }

    /// <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html>: "AT_TIMESTAMP,
    /// TRIM_HORIZON, or LATEST".
    #[test]
    fn latest_is_meant_for_the_shards_that_were_there_at_first() {
        let mut lineage = Lineage::new(Start::Latest);
        let before = [shard("a", &[])];
        assert_eq!(lineage.ready(&before, 1), [("a".to_owned(), Start::Latest)]);
        lineage.finished("a");
        let later = |id: &str| (id.to_owned(), Start::TrimHorizon);
        assert_eq!(lineage.ready(&family(), 1), [later("b"), later("c")]);
        let mut lineage = Lineage::new(Start::TrimHorizon);
        assert_eq!(lineage.ready(&before, 1), [later("a")]);
    }
}
