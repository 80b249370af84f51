//! The executor of [`Protocol`] over the model's storage: as `functions/ingest/src/handler.rs`, one request
//! a step.

use cairn_adopt::{Refusal, extends, only_version};
use cairn_batch::keys;
use cairn_ingest::protocol::{Answer, Candidate, Outcome, Protocol, Step};
use cairn_ledger::{BatchHeader, Counts, Hash, Lineage, Parent, SealedHeader, SequenceNumber};
use cairn_store::{ChainHead, VersionId};

use super::cloud::{Conditions, Flight, Wrote};
use super::{Happens, Model, Mutation, ORIGIN, State};

/// An instance of the function.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Writer {
    /// The heads that it remembers.
    pub warm: Vec<Option<ChainHead>>,
    /// What it is at.
    pub work: Option<Work>,
}

/// An invocation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Work {
    /// The shard.
    pub shard: usize,
    /// The first of its records, and the one after the last.
    pub records: (usize, usize),
    /// The version of the code.
    pub version: u8,
    /// The bundle that judges.
    pub bundle: u8,
    /// The state of the protocol.
    pub protocol: Protocol,
    /// Its next step.
    pub step: Step,
}

impl Writer {
    pub(crate) fn cold(shards: usize) -> Self {
        Self { warm: vec![None; shards], work: None }
    }
}

impl Work {
    /// Whether the next step changes what is stored.
    pub(crate) fn writes(&self) -> bool {
        matches!(self.step, Step::Seal { .. } | Step::Commit { .. } | Step::Stop { .. })
    }
}

/// The sequence number of a shard's record.
pub(crate) fn sequence(record: usize) -> SequenceNumber {
    let Ok(number) = (record + 1).to_string().parse() else { unreachable!("it is a number") };
    number
}

impl Model {
    pub(crate) fn deliver(
        &self,
        state: &mut State,
        writer: usize,
        shard: usize,
        records: (usize, usize),
        (version, bundle): (u8, u8),
    ) {
        let sequences = (records.0..records.1).map(sequence).collect();
        let remembered = state.writers[writer].warm[shard].clone();
        let (protocol, step) = Protocol::start(sequences, remembered);
        let work = Work { shard, records, version, bundle, protocol, step };
        self.go_on(state, writer, work);
    }

    /// Does the next step of a writer, or what goes wrong with it.
    pub(crate) fn step(&self, state: &mut State, writer: usize, happens: Happens) {
        let Some(mut work) = state.writers[writer].work.take() else { return };
        let unknown = || Answer::Unknown("no answer".to_owned());
        let answer = match happens {
            Happens::Done => self.execute(state, &work),
            Happens::Lost => unknown(),
            Happens::Refused => Answer::Failed("refused".to_owned()),
            Happens::Applied => {
                self.execute(state, &work);
                unknown()
            }
            Happens::AppliedThenConflict => match (self.execute(state, &work), &work.step) {
                (Answer::Candidate(_), Step::Seal { .. }) => Answer::Taken,
                (Answer::Done, _) => Answer::Conflict,
                (answer, _) => answer,
            },
            Happens::Late => {
                state.flying.extend(self.flight(state, &work));
                unknown()
            }
        };
        let assumed = matches!(work.step, Step::Commit { .. })
            && matches!(answer, Answer::Unknown(_))
            && self.is(Mutation::AssumeCommitted);
        let answer = if assumed { Answer::Done } else { answer };
        work.step = work.protocol.next(work.step, answer);
        self.go_on(state, writer, work);
    }

    /// Remembers what the protocol says, and ends the invocation where it does.
    fn go_on(&self, state: &mut State, writer: usize, mut work: Work) {
        if let Step::Seal { first, .. } = &mut work.step
            && self.is(Mutation::SealAgain)
        {
            *first = 0;
        }
        let early = matches!(work.step, Step::Commit { .. }) && self.is(Mutation::AcknowledgeEarly);
        let at = &mut state.writers[writer];
        at.warm[work.shard] = work.protocol.known().cloned();
        let (first, end) = work.records;
        let acknowledged = match &work.step {
            Step::Finish(Outcome::Committed) => Some(end),
            Step::Finish(
                Outcome::Retry { first: left, .. } | Outcome::Stopped { first: left, .. },
            ) => Some(first + left),
            _ => early.then_some(end),
        };
        let place = &mut state.acknowledged[work.shard];
        *place = acknowledged.map_or(*place, |acknowledged| acknowledged.max(*place));
        let finished = matches!(work.step, Step::Finish(_));
        state.writers[writer].work = (!finished).then_some(work);
    }

    fn execute(&self, state: &mut State, work: &Work) -> Answer {
        let shard = work.shard;
        match &work.step {
            Step::Load => Answer::Loaded(state.cloud.chains[shard].state.clone()),
            Step::Look { head, .. } => {
                let number = ChainHead::next_number(head.as_ref());
                match state.cloud.versions(&self.chains[shard], shard, number).is_empty() {
                    true => Answer::Free,
                    false => Answer::Taken,
                }
            }
            Step::Seal { head, first } => self.seal(state, work, head.as_ref(), *first),
            Step::Adopt { head, first } => self.adopt(state, work, head.as_ref(), *first),
            Step::Commit { candidate, .. } if self.is(Mutation::CommitBeforePut) => {
                state.cloud.create(shard, &candidate.item.header, true);
                Answer::Done
            }
            Step::Commit { head, candidate } => {
                self.write(state, Flight::Commit(shard, head.clone(), Box::new(candidate.clone())))
            }
            Step::Stop { head, reason } => {
                self.write(state, Flight::Stop(shard, head.clone(), reason.clone()))
            }
            Step::Finish(_) => unreachable!("the invocation has ended"),
        }
    }

    /// The write of a step, as it goes over the wire.
    fn flight(&self, state: &State, work: &Work) -> Option<Flight> {
        let shard = work.shard;
        match &work.step {
            Step::Seal { head, first } => {
                let header = self.build(state, work, head.as_ref(), *first);
                Some(Flight::Create(shard, Box::new(header)))
            }
            Step::Commit { head, candidate } => {
                Some(Flight::Commit(shard, head.clone(), Box::new(candidate.clone())))
            }
            Step::Stop { head, reason } => Some(Flight::Stop(shard, head.clone(), reason.clone())),
            _ => None,
        }
    }

    pub(crate) fn arrive(&self, state: &mut State, flight: Flight) {
        match flight {
            Flight::Create(shard, header) => {
                let condition = !self.is(Mutation::PutUnconditionally);
                state.cloud.create(shard, &header, condition);
            }
            flight => {
                self.write(state, flight);
            }
        }
    }

    /// A write to the table.
    fn write(&self, state: &mut State, write: Flight) -> Answer {
        let wrote = match write {
            Flight::Commit(shard, head, candidate) => {
                state.cloud.commit(shard, head.as_ref(), &candidate, self.conditions())
            }
            Flight::Stop(shard, head, reason) => {
                let condition = !self.is(Mutation::StopUnconditionally);
                state.cloud.stop(shard, head.as_ref(), &reason, condition)
            }
            Flight::Create(..) => unreachable!("not a write to the table"),
        };
        match wrote {
            Wrote::Done(()) => Answer::Done,
            Wrote::Conflict => Answer::Conflict,
        }
    }

    /// The conditions under which a head moves.
    fn conditions(&self) -> Conditions {
        Conditions {
            head: !self.is(Mutation::CommitUnconditionally),
            stopped: !self.is(Mutation::CommitToStopped),
        }
    }

    fn seal(
        &self,
        state: &mut State,
        work: &Work,
        head: Option<&ChainHead>,
        first: usize,
    ) -> Answer {
        let header = self.build(state, work, head, first);
        if self.is(Mutation::CommitBeforePut) {
            let own = Candidate::new(header, VersionId::new("0"));
            return match state.cloud.commit(work.shard, head, &own, self.conditions()) {
                Wrote::Done(()) => Answer::Candidate(own),
                Wrote::Conflict => Answer::Unknown("the head has moved".to_owned()),
            };
        }
        match state.cloud.create(work.shard, &header, !self.is(Mutation::PutUnconditionally)) {
            Wrote::Done(version) => Answer::Candidate(Candidate::new(header, version)),
            Wrote::Conflict if self.is(Mutation::TakeForOwn) => {
                Answer::Candidate(Candidate::new(header, VersionId::new("0")))
            }
            Wrote::Conflict => Answer::Taken,
        }
    }

    /// The header of the batch after `head`, with its object's hash; its content is what its records are,
    /// the bundle that judged them, and the version that made it.
    fn build(
        &self,
        state: &State,
        work: &Work,
        head: Option<&ChainHead>,
        first: usize,
    ) -> SealedHeader {
        let chain = &self.chains[work.shard];
        let (number, lineage) =
            (ChainHead::next_number(head), self.lineage(state, work.shard, head));
        let (from, end) = (work.records.0 + first, work.records.1);
        let Work { version, bundle, .. } = work;
        let content = format!("records {from}..{end} under bundle {bundle} by version {version}");
        let content = Hash::of(content.as_bytes());
        let header = BatchHeader {
            origin: ORIGIN.to_owned(),
            chain: chain.clone(),
            number,
            lineage,
            root: content,
            counts: Counts { events: 0, records: (end - from) as u64, rejections: 0 },
            tenants: Hash::EMPTY_ROOT,
            first: sequence(from),
            last: sequence(end - 1),
            arrived: [String::new(), String::new()],
            bundle: self.bundles[usize::from(*bundle)],
            transform: version.to_string(),
            key: keys::batch(chain, number),
        };
        header.seal(content)
    }

    /// What a batch after `head` follows: as `functions/ingest/src/lineage.rs`, a parent without
    /// batches is stood for by its own parents.
    fn lineage(&self, state: &State, shard: usize, head: Option<&ChainHead>) -> Lineage {
        if let Some(head) = head {
            return Lineage::Previous(head.link);
        }
        let mut parents = Vec::new();
        let mut open = self.bounds.shards[shard].1.clone();
        while let Some(parent) = open.pop() {
            match &state.cloud.chains[parent].state.head {
                Some(head) => {
                    parents.push(Parent { chain: self.chains[parent].clone(), link: head.link });
                }
                None => open.extend(&self.bounds.shards[parent].1),
            }
        }
        parents.sort();
        parents.dedup();
        Lineage::Genesis(parents)
    }

    /// Judges what is at the next number, as `functions/ingest/src/adopt.rs`: what its bytes say of
    /// themselves always holds here.
    fn adopt(&self, state: &State, work: &Work, head: Option<&ChainHead>, first: usize) -> Answer {
        let (shard, number) = (work.shard, ChainHead::next_number(head));
        let chain = &self.chains[shard];
        let versions = state.cloud.versions(chain, shard, number);
        let version = match only_version(&versions) {
            Err(Refusal::Foreign(reason)) => return Answer::Foreign(reason),
            Err(Refusal::Unclear(reason)) => return Answer::Failed(reason),
            Ok(version) => version,
        };
        let Some(sealed) = state.cloud.header(shard, number, version) else {
            return Answer::Foreign("it has vanished".to_owned());
        };
        let header = &sealed.header;
        let next = sequence(work.records.0 + first);
        let refused = extends(ORIGIN, chain, head, header).err();
        let follows = header.lineage == self.lineage(state, shard, head);
        if refused.is_some() || !follows || header.first != next {
            return Answer::Foreign("it does not extend the head".to_owned());
        }
        if header.transform > work.version.to_string() {
            let reason = "a later version has made it".to_owned();
            return match self.is(Mutation::StopAtUnclear) {
                true => Answer::Foreign(reason),
                false => Answer::Failed(reason),
            };
        }
        Answer::Candidate(Candidate::new(sealed.clone(), version.clone()))
    }
}
