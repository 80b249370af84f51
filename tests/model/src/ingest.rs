//! The commit protocol of chains: several writers on the same shards, and everything between them and
//! storage that can go wrong.
//!
//! A *writer* is an instance of the function: warm (it remembers heads), or cold after it has crashed.
//! Lambda hands a shard's records to any writer, beginning at or before the first that was not
//! acknowledged, cut anywhere, as often as it likes, to several at once: so a writer may be one that
//! Lambda has long given up. Child shards are handed over once their parents are worked through.

mod cloud;
mod properties;
mod writer;

use cairn_ledger::{ChainId, Hash};
use stateright::Property;

pub use cloud::{Chain, Cloud, Flight, Version};
pub use writer::{Work, Writer};

/// Name of the log.
pub(crate) const ORIGIN: &str = "cairn.example/model";

/// How large the model is.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// The records of each shard, and the shards that it was made from.
    pub shards: Vec<(usize, Vec<usize>)>,
    /// Instances of the function.
    pub writers: usize,
    /// How often something goes wrong: an answer or a request is lost, late or refused, a writer crashes.
    pub faults: u8,
    /// How often somebody deletes an object, which leaves a delete marker.
    pub markers: u8,
    /// Bundles that are in force at once, while one is rolled out or taken back.
    pub bundles: u8,
    /// Versions of the code that are at work at once, likewise. What a later one made an earlier one cannot
    /// judge.
    pub versions: u8,
}

/// How the protocol is broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mutation {
    /// The put of an object has no condition.
    PutUnconditionally,
    /// The head moves without condition.
    CommitUnconditionally,
    /// The head moves before the object is put.
    CommitBeforePut,
    /// An object that is there already is taken for one's own.
    TakeForOwn,
    /// Records at or below the head are sealed again.
    SealAgain,
    /// A commit without an answer is taken for done.
    AssumeCommitted,
    /// Records are acknowledged once their object is put.
    AcknowledgeEarly,
    /// A child shard is handed over while its parents are in work.
    ChildFirst,
    /// A stopped chain goes on.
    CommitToStopped,
    /// What was judged foreign stops the chain wherever its head is now.
    StopUnconditionally,
    /// What cannot be judged is taken for foreign.
    StopAtUnclear,
}

impl Bounds {
    /// Models that are checked in seconds.
    pub fn short() -> Vec<Self> {
        vec![
            Self::of(&[3], 2, 1, 0, 2),
            Self::of(&[3], 2, 2, 0, 1),
            Self::of(&[2], 2, 1, 1, 2),
            Self::of(&[2], 3, 1, 0, 1),
            Self::of(&[2, 1], 2, 2, 0, 1),
            Self::of(&[1, 1, 1], 2, 1, 0, 1),
            Self { versions: 2, ..Self::of(&[2], 2, 1, 1, 1) },
        ]
    }

    /// Models that are checked in minutes.
    pub fn long() -> Vec<Self> {
        vec![
            Self::of(&[3], 2, 2, 0, 2),
            Self::of(&[3], 2, 2, 1, 1),
            Self::of(&[2], 3, 2, 0, 1),
            Self::of(&[2], 2, 3, 0, 2),
            Self::of(&[2, 2], 2, 1, 0, 1),
            Self::of(&[1, 1, 1], 2, 2, 1, 1),
            Self { versions: 2, ..Self::of(&[2], 2, 2, 0, 2) },
        ]
    }

    /// The first shard is split or merged into the others, by turns: the last is a child of all before.
    fn of(records: &[usize], writers: usize, faults: u8, markers: u8, bundles: u8) -> Self {
        let last = records.len() - 1;
        let parents = |n: usize| match n {
            0 => Vec::new(),
            n if n == last && n > 1 => (0..n).collect(),
            _ => vec![0],
        };
        let shards = records.iter().enumerate().map(|(n, count)| (*count, parents(n)));
        Self { shards: shards.collect(), writers, faults, markers, bundles, versions: 1 }
    }
}

impl std::fmt::Display for Bounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let records: Vec<_> = self.shards.iter().map(|(count, _)| count.to_string()).collect();
        let Self { writers, faults, markers, bundles, versions, .. } = self;
        write!(
            f,
            "shards of {} records, {writers} writers, {faults} faults, {markers} deletions, {bundles} bundles, {versions} versions",
            records.join(" and ")
        )
    }
}

impl Mutation {
    /// Bounds within which it shows.
    pub fn bounds(self) -> Bounds {
        match self {
            Self::ChildFirst => Bounds::of(&[2, 1], 2, 0, 0, 1),
            Self::CommitToStopped | Self::StopUnconditionally => Bounds::of(&[2], 2, 1, 1, 1),
            Self::StopAtUnclear => Bounds { versions: 2, ..Bounds::of(&[2], 2, 1, 0, 1) },
            _ => Bounds::of(&[2], 2, 1, 0, 1),
        }
    }

    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::PutUnconditionally,
        Self::CommitUnconditionally,
        Self::CommitBeforePut,
        Self::TakeForOwn,
        Self::SealAgain,
        Self::AssumeCommitted,
        Self::AcknowledgeEarly,
        Self::ChildFirst,
        Self::CommitToStopped,
        Self::StopUnconditionally,
        Self::StopAtUnclear,
    ];
}

/// The model.
#[derive(Debug, Clone)]
pub struct Model {
    /// How large it is.
    pub bounds: Bounds,
    /// How the protocol is broken.
    pub mutation: Option<Mutation>,
    chains: Vec<ChainId>,
    bundles: Vec<Hash>,
}

/// A state.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// What is stored.
    pub cloud: Cloud,
    /// For each shard how many records Lambda knows to be committed.
    pub acknowledged: Vec<usize>,
    /// The instances of the function.
    pub writers: Vec<Writer>,
    /// Requests that nobody waits for any more and that have not arrived yet.
    pub flying: Vec<Flight>,
    /// How much more may go wrong.
    pub faults: u8,
    /// How many more delete markers there may be.
    pub markers: u8,
    /// What no state alone shows: a committed batch has changed, or a stopped chain has gone on.
    pub rewritten: bool,
}

/// What may happen next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Action {
    /// Lambda hands records of a shard to a writer of a version that judges by a bundle.
    Deliver {
        /// The writer.
        writer: usize,
        /// The shard.
        shard: usize,
        /// The first record, and the one after the last.
        records: (usize, usize),
        /// The version, and the bundle.
        by: (u8, u8),
    },
    /// A writer's step is done and answered, or goes wrong.
    Step(usize, Happens),
    /// A writer dies: killed, out of memory, or out of time.
    Crash(usize),
    /// A request that nobody waits for any more arrives.
    Arrive(usize),
    /// Somebody deletes the current object of a chain's number.
    Delete {
        /// The shard.
        shard: usize,
        /// The number.
        number: u64,
    },
}

/// What happens to a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Happens {
    /// It is done, and answered.
    Done,
    /// It is not done, and there is no answer.
    Lost,
    /// It is done, and there is no answer.
    Applied,
    /// It is done, and the answer is that somebody was there first: a client that lost the answer
    /// tried again by itself, and met its own write.
    AppliedThenConflict,
    /// It is not done, and the answer says so.
    Refused,
    /// There is no answer in time, and it is done later, whoever is still waiting then.
    Late,
}

impl Model {
    /// The model of a protocol, whole or broken.
    pub fn new(bounds: Bounds, mutation: Option<Mutation>) -> Self {
        let chain = |n| format!("events/20260101T000000Z/shardId-{n:012}").parse();
        let chains = (0..bounds.shards.len()).filter_map(|n| chain(n).ok()).collect();
        let bundles = (0..bounds.bundles).map(|n| Hash::of(&[n])).collect();
        Self { bounds, mutation, chains, bundles }
    }

    pub(crate) fn is(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }

    /// Whether Lambda hands over the records of a shard.
    fn is_open(&self, state: &State, shard: usize) -> bool {
        let done = |parent: &usize| state.acknowledged[*parent] == self.bounds.shards[*parent].0;
        self.is(Mutation::ChildFirst) || self.bounds.shards[shard].1.iter().all(done)
    }

    fn deliveries(&self, state: &State, actions: &mut Vec<Action>) {
        for (writer, at) in state.writers.iter().enumerate() {
            if at.work.is_some() {
                continue;
            }
            for (shard, (count, _)) in self.bounds.shards.iter().enumerate() {
                if !self.is_open(state, shard) {
                    continue;
                }
                for first in 0..=state.acknowledged[shard].min(count - 1) {
                    for end in first + 1..=*count {
                        let bundles = 0..self.bounds.bundles;
                        let by =
                            bundles.flat_map(|b| (0..self.bounds.versions).map(move |v| (v, b)));
                        actions.extend(by.map(|by| {
                            let records = (first, end);
                            Action::Deliver { writer, shard, records, by }
                        }));
                    }
                }
            }
        }
    }
}

impl stateright::Model for Model {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let shards = self.bounds.shards.len();
        vec![State {
            cloud: Cloud::new(shards),
            acknowledged: vec![0; shards],
            writers: vec![Writer::cold(shards); self.bounds.writers],
            flying: Vec::new(),
            faults: self.bounds.faults,
            markers: self.bounds.markers,
            rewritten: false,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.deliveries(state, actions);
        for (n, writer) in state.writers.iter().enumerate() {
            let Some(work) = &writer.work else { continue };
            actions.push(Action::Step(n, Happens::Done));
            if state.faults > 0 {
                actions.extend([Happens::Lost, Happens::Refused].map(|how| Action::Step(n, how)));
                if work.writes() {
                    let hows = [Happens::Applied, Happens::AppliedThenConflict, Happens::Late];
                    actions.extend(hows.map(|how| Action::Step(n, how)));
                }
                actions.push(Action::Crash(n));
            }
        }
        actions.extend((0..state.flying.len()).map(Action::Arrive));
        if state.markers > 0 {
            for (shard, number) in state.cloud.current() {
                actions.push(Action::Delete { shard, number });
            }
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Deliver { writer, shard, records, by } => {
                self.deliver(&mut state, writer, shard, records, by);
            }
            Action::Step(writer, happens) => {
                state.faults -= u8::from(happens != Happens::Done);
                self.step(&mut state, writer, happens);
            }
            Action::Crash(writer) => {
                state.faults -= 1;
                state.writers[writer] = Writer::cold(self.bounds.shards.len());
            }
            Action::Arrive(n) => {
                let flight = state.flying.remove(n);
                self.arrive(&mut state, flight);
            }
            Action::Delete { shard, number } => {
                state.markers -= 1;
                state.cloud.delete(shard, number);
            }
        }
        state.rewritten |= !state.cloud.keeps(&last.cloud);
        // Which writer is which makes no difference, nor does the order of requests under way.
        state.writers.sort_by_cached_key(crate::fingerprint);
        state.flying.sort_by_cached_key(crate::fingerprint);
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(&self.bounds)
    }
}
