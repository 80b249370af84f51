//! The commit protocol of the log: several checkpointers at once, and everything between them and storage
//! that can go wrong; while ingest goes on, bundles change and a shard is split.
//!
//! The chains are those that the other model shows to be chains: they only grow. What a tick reads of
//! one may be as old as the beginning of its step, or as new as its end, of each chain differently.

mod cloud;
mod properties;
mod ticker;

use cairn_batch::keys;
use cairn_ledger::{BatchHeader, ChainId, Counts, Hash, Lineage, Parent, SealedHeader};
use stateright::Property;

pub use cloud::{Cloud, Flight};
pub use ticker::{Ticker, View};

/// Name of the log.
pub(crate) const ORIGIN: &str = "cairn.example/model";

/// How large the model is.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// The batches of each chain; all but the first are children of the first.
    pub chains: Vec<u8>,
    /// Bundles that judged them, in turn.
    pub bundles: u8,
    /// Batches that one tick takes at most.
    pub limit: usize,
    /// Checkpointers that are at work at once.
    pub tickers: usize,
    /// How often something goes wrong.
    pub faults: u8,
    /// How often somebody puts the log's head back to what it was; or that and `log/checkpoint`.
    pub rollbacks: u8,
}

/// How the protocol is broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mutation {
    /// The head moves without condition.
    AdvanceUnconditionally,
    /// A move is taken for done although nobody answered.
    AssumeAdvanced,
    /// The checkpoint is signed before the head has moved.
    SignFirst,
    /// A move that an earlier tick began is not finished.
    LeaveUnfinished,
    /// Tiles are written after the checkpoint is signed.
    TilesLast,
    /// Cursors are written after the head has moved.
    CursorsLast,
    /// `log/checkpoint` is replaced without condition.
    ReplaceUnconditionally,
    /// Nobody looks beyond the head.
    LookNowhere,
    /// A move that an earlier tick began is finished with whatever is there by then.
    FinishWithNew,
}

impl Bounds {
    /// Models that are checked in seconds.
    pub fn short() -> Vec<Self> {
        vec![
            Self::of(&[2], 2, 1, 2, 1, 0),
            Self::of(&[1, 1], 1, 2, 2, 1, 0),
            Self::of(&[1, 1, 1], 1, 3, 2, 0, 1),
            Self::of(&[1, 1, 1], 1, 1, 1, 1, 1),
            Self::of(&[1], 1, 1, 1, 3, 0),
        ]
    }

    /// Models that are checked in minutes.
    pub fn long() -> Vec<Self> {
        vec![
            Self::of(&[1], 1, 1, 2, 2, 0),
            Self::of(&[2, 1], 2, 3, 2, 1, 0),
            Self::of(&[1, 1, 1], 2, 1, 2, 1, 0),
            Self::of(&[2], 2, 1, 3, 0, 0),
            Self::of(&[2, 1], 2, 1, 1, 3, 1),
        ]
    }

    fn of(
        chains: &[u8],
        bundles: u8,
        limit: usize,
        tickers: usize,
        faults: u8,
        rollbacks: u8,
    ) -> Self {
        Self { chains: chains.to_vec(), bundles, limit, tickers, faults, rollbacks }
    }
}

impl std::fmt::Display for Bounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let batches: Vec<_> = self.chains.iter().map(u8::to_string).collect();
        let Self { bundles, limit, tickers, faults, rollbacks, .. } = self;
        write!(
            f,
            "chains of {} batches, {limit} a tick, {tickers} checkpointers, {faults} faults, {rollbacks} rollbacks, {bundles} bundles",
            batches.join(" and ")
        )
    }
}

impl Mutation {
    /// Bounds within which it shows.
    pub fn bounds(self) -> Bounds {
        match self {
            Self::AdvanceUnconditionally | Self::ReplaceUnconditionally => {
                Bounds::of(&[2], 1, 1, 2, 0, 0)
            }
            Self::AssumeAdvanced => Bounds::of(&[2], 1, 1, 2, 1, 0),
            Self::SignFirst => Bounds::of(&[1, 1, 1], 1, 3, 2, 0, 0),
            Self::LookNowhere => Bounds::of(&[1, 1, 1], 1, 3, 1, 0, 1),
            _ => Bounds::of(&[2], 1, 3, 1, 1, 0),
        }
    }

    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::AdvanceUnconditionally,
        Self::AssumeAdvanced,
        Self::SignFirst,
        Self::LeaveUnfinished,
        Self::TilesLast,
        Self::CursorsLast,
        Self::ReplaceUnconditionally,
        Self::LookNowhere,
        Self::FinishWithNew,
    ];
}

/// The model.
#[derive(Debug, Clone)]
pub struct Model {
    /// How large it is.
    pub bounds: Bounds,
    /// How the protocol is broken.
    pub mutation: Option<Mutation>,
    /// Each chain's headers, as they will be committed one by one.
    pub(crate) chains: Vec<(ChainId, Vec<SealedHeader>)>,
}

/// A state.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// What is stored.
    pub cloud: Cloud,
    /// The ticks that are under way.
    pub tickers: Vec<Option<Ticker>>,
    /// Requests that nobody waits for any more and that have not arrived yet.
    pub flying: Vec<Flight>,
    /// How much more may go wrong.
    pub faults: u8,
    /// How often the head may still be put back.
    pub rollbacks: u8,
    /// A tick has ended with a disagreement of table and archive.
    pub alarm: bool,
    /// `log/checkpoint` has become an earlier one by a checkpointer's hand.
    pub unpublished: bool,
}

/// What may happen next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Action {
    /// A chain's next batch is committed.
    Commit(usize),
    /// A tick begins.
    Tick(usize),
    /// A tick's step is done and answered, its reads as old or as new as said; or it goes wrong.
    Step(usize, View, Happens),
    /// A checkpointer dies.
    Crash(usize),
    /// A request that nobody waits for any more arrives.
    Arrive(usize),
    /// Somebody puts the head back to where it was before its last move; with `log/checkpoint`, or
    /// without.
    Rollback {
        /// Whether `log/checkpoint` is put back to fit.
        published: bool,
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
    /// A part of it is done, and there is no answer.
    InPart,
    /// It is done, and the answer is that somebody was there first.
    AppliedThenConflict,
    /// It is not done, and the answer says so: the tick ends.
    Refused,
    /// There is no answer in time, and it is done later.
    Late,
}

impl Model {
    /// The model of a protocol, whole or broken.
    pub fn new(bounds: Bounds, mutation: Option<Mutation>) -> Self {
        let mut chains: Vec<(ChainId, Vec<SealedHeader>)> = Vec::new();
        for (n, count) in bounds.chains.iter().enumerate() {
            let name = format!("events/20260101T000000Z/shardId-{n:012}");
            let Ok(chain) = name.parse::<ChainId>() else { unreachable!("a chain's name") };
            let parents = chains.first().map(|(chain, headers)| Parent {
                chain: chain.clone(),
                link: headers.last().map_or(Hash::EMPTY_ROOT, SealedHeader::link),
            });
            let mut lineage = Lineage::Genesis(parents.into_iter().collect());
            let mut headers = Vec::new();
            for number in 0..*count {
                let sealed = header(&chain, number, lineage, number % bounds.bundles);
                lineage = Lineage::Previous(sealed.link());
                headers.push(sealed);
            }
            chains.push((chain, headers));
        }
        Self { bounds, mutation, chains }
    }

    pub(crate) fn is(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }

    fn steps(&self, state: &State, n: usize, ticker: &Ticker, actions: &mut Vec<Action>) {
        let views = match ticker.reads_chains() && ticker.seen != state.cloud.committed {
            true => View::ALL.as_slice(),
            false => &[View::New],
        };
        actions.extend(views.iter().map(|view| Action::Step(n, *view, Happens::Done)));
        if state.faults == 0 {
            return;
        }
        let mut hows = vec![Happens::Lost, Happens::Refused];
        if ticker.writes() {
            hows.extend([Happens::Applied, Happens::AppliedThenConflict, Happens::Late]);
        }
        if ticker.writes_several() {
            hows.push(Happens::InPart);
        }
        actions.extend(hows.into_iter().map(|how| Action::Step(n, View::New, how)));
        actions.push(Action::Crash(n));
    }
}

fn header(chain: &ChainId, number: u8, lineage: Lineage, bundle: u8) -> SealedHeader {
    let number = u64::from(number);
    let record = (number + 1).to_string();
    let Ok(record) = record.parse::<cairn_ledger::SequenceNumber>() else {
        unreachable!("it is a number")
    };
    let header = BatchHeader {
        origin: ORIGIN.to_owned(),
        chain: chain.clone(),
        number,
        lineage,
        root: Hash::EMPTY_ROOT,
        counts: Counts { events: 1, records: 1, rejections: 0 },
        tenants: Hash::EMPTY_ROOT,
        first: record.clone(),
        last: record,
        arrived: [String::new(), String::new()],
        bundle: Hash::of(&[bundle]),
        transform: String::new(),
        key: keys::batch(chain, number),
    };
    header.seal(Hash::EMPTY_ROOT)
}

impl stateright::Model for Model {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            cloud: Cloud::new(self.bounds.chains.len()),
            tickers: vec![None; self.bounds.tickers],
            flying: Vec::new(),
            faults: self.bounds.faults,
            rollbacks: self.bounds.rollbacks,
            alarm: false,
            unpublished: false,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (n, (_, headers)) in self.chains.iter().enumerate() {
            let parents_end = n == 0 || state.cloud.committed[0] == self.bounds.chains[0];
            if parents_end && usize::from(state.cloud.committed[n]) < headers.len() {
                actions.push(Action::Commit(n));
            }
        }
        for (n, ticker) in state.tickers.iter().enumerate() {
            match ticker {
                None => actions.push(Action::Tick(n)),
                Some(ticker) => self.steps(state, n, ticker, actions),
            }
        }
        actions.extend((0..state.flying.len()).map(Action::Arrive));
        // While a tick is under way nobody can tell: it signs what it has begun. (Whoever may write to the
        // table at will can make two checkpoints that contradict each other, and is found out by
        // whoever kept one.)
        let quiet = state.tickers.iter().all(Option::is_none) && state.flying.is_empty();
        if state.rollbacks > 0 && quiet && state.cloud.head.is_some() {
            actions.extend([false, true].map(|published| Action::Rollback { published }));
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Commit(chain) => state.cloud.committed[chain] += 1,
            Action::Tick(n) => state.tickers[n] = Some(Ticker::start(&state.cloud)),
            Action::Step(n, view, happens) => {
                state.faults -= u8::from(happens != Happens::Done);
                self.step(&mut state, n, view, happens);
            }
            Action::Crash(n) => {
                state.faults -= 1;
                state.tickers[n] = None;
            }
            Action::Arrive(n) => {
                let flight = state.flying.remove(n);
                let published = size(&state);
                state.cloud.arrive(flight, self.is(Mutation::AdvanceUnconditionally));
                state.unpublished |= size(&state) < published;
            }
            Action::Rollback { published } => {
                state.rollbacks -= 1;
                state.cloud.roll_back(published);
            }
        }
        // Which checkpointer is which makes no difference, nor does the order of requests under way.
        state.tickers.sort_by_cached_key(crate::fingerprint);
        state.flying.sort_by_cached_key(crate::fingerprint);
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(&self.bounds)
    }
}

/// The size of what is published.
pub(crate) fn size(state: &State) -> u64 {
    state.cloud.published.as_ref().map_or(0, |(checkpoint, _)| checkpoint.size)
}
