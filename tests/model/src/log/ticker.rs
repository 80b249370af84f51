//! The executor of [`Protocol`] over the model's storage: as `functions/checkpoint/src/handler.rs`.

use bytes::Bytes;
use cairn_checkpoint::plan::{self, Move};
use cairn_checkpoint::protocol::{Answer, Outcome, Protocol, Publication, Step};
use cairn_ledger::{ChainId, Checkpoint, Cursors, Hash, LogTree, SealedHeader};
use cairn_store::{LogHead, LogPoint};
use jiff::Timestamp;

use super::cloud::{Cloud, Flight, Object, Wrote, etag};
use super::{Happens, Model, Mutation, ORIGIN, State, size};

/// When every move of the log is made.
const MOVED: Timestamp = Timestamp::UNIX_EPOCH;

/// A tick that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ticker {
    /// The state of the protocol.
    pub protocol: Protocol,
    /// Its next step.
    pub step: Step,
    /// How many batches of each chain were committed when that step began.
    pub seen: Vec<u8>,
}

/// How old what a step reads of the chains is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    /// As when it began.
    Old,
    /// As when it ends.
    New,
    /// The first chain as when it began, its children as when it ends.
    ChildrenNew,
}

impl View {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Old, Self::New, Self::ChildrenNew];
}

/// What a step comes to.
#[expect(clippy::large_enum_variant, reason = "one exists at a time")]
enum Did {
    Answered(Answer),
    /// The tick ends with an error.
    Failed,
    /// The tick ends: table and archive disagree.
    Disagreed,
}

impl Ticker {
    pub(crate) fn start(cloud: &Cloud) -> Self {
        let (protocol, step) = Protocol::start();
        Self { protocol, step, seen: cloud.committed.clone() }
    }

    /// Whether the next step reads batches.
    pub(crate) fn reads_chains(&self) -> bool {
        matches!(self.step, Step::Collect { .. })
    }

    /// Whether the next step changes what is stored.
    pub(crate) fn writes(&self) -> bool {
        matches!(
            self.step,
            Step::KeepCursors { .. }
                | Step::Advance { .. }
                | Step::KeepPlan(_)
                | Step::KeepTiles(_)
                | Step::KeepSigned { .. }
                | Step::Replace { .. }
        )
    }

    /// Whether it makes several writes.
    pub(crate) fn writes_several(&self) -> bool {
        matches!(self.step, Step::KeepTiles(_))
    }
}

impl Model {
    /// Does the next step of a tick, or what goes wrong with it.
    pub(crate) fn step(&self, state: &mut State, n: usize, view: View, happens: Happens) {
        let Some(mut ticker) = state.tickers[n].take() else { return };
        let published = size(state);
        let did = match happens {
            Happens::Done => self.execute(state, &ticker, view),
            Happens::Lost => Did::Answered(Answer::Again),
            Happens::Refused => Did::Failed,
            Happens::Applied => match self.execute(state, &ticker, view) {
                Did::Answered(_) if self.is(Mutation::AssumeAdvanced) => assume(&ticker.step),
                Did::Answered(_) => Did::Answered(Answer::Again),
                did => did,
            },
            Happens::InPart => {
                if let Some(flight) = self.flights(&ticker.step).into_iter().next() {
                    state.cloud.arrive(flight, false);
                }
                Did::Answered(Answer::Again)
            }
            Happens::AppliedThenConflict => {
                self.execute(state, &ticker, view);
                // What is there is one's own.
                match ticker.step {
                    Step::KeepSigned { .. } => Did::Answered(Answer::Taken),
                    Step::Advance { .. } | Step::Replace { .. } => Did::Answered(Answer::Again),
                    _ => Did::Answered(Answer::Done),
                }
            }
            Happens::Late => {
                state.flying.extend(self.flights(&ticker.step));
                match self.is(Mutation::AssumeAdvanced) {
                    true => assume(&ticker.step),
                    false => Did::Answered(Answer::Again),
                }
            }
        };
        state.unpublished |= size(state) < published;
        let answer = match did {
            Did::Answered(answer) => answer,
            Did::Failed => return,
            Did::Disagreed => {
                state.alarm = true;
                return;
            }
        };
        ticker.step = match (ticker.step, answer) {
            (Step::Remake { head }, Answer::Move(planned)) if self.is(Mutation::FinishWithNew) => {
                let head = LogHead { to: planned.to.clone(), ..head };
                Step::KeepPlan(Publication { head, planned, earlier: true })
            }
            (step, answer) => self.mutate(ticker.protocol.next(step, answer)),
        };
        ticker.seen.clone_from(&state.cloud.committed);
        match ticker.step {
            Step::Finish(Outcome::Disagreement(_)) => state.alarm = true,
            Step::Finish(_) => {}
            _ => state.tickers[n] = Some(ticker),
        }
    }

    /// The step that a broken protocol takes instead.
    fn mutate(&self, step: Step) -> Step {
        match step {
            Step::Remake { head } if self.is(Mutation::LeaveUnfinished) => {
                Step::Collect { head: Some(head) }
            }
            Step::LookBeyond { head, planned } if self.is(Mutation::LookNowhere) => {
                Step::KeepCursors { head, planned }
            }
            step => step,
        }
    }

    fn execute(&self, state: &mut State, ticker: &Ticker, view: View) -> Did {
        let cloud = &mut state.cloud;
        let answer = match &ticker.step {
            Step::ReadPublished => Answer::Published(
                cloud.published.as_ref().map(|(checkpoint, _)| checkpoint.clone()),
            ),
            Step::ReadHead { .. } | Step::ReadHeadAgain { .. } => Answer::Head(cloud.head.clone()),
            Step::Remake { head } => match self.remake(cloud, head) {
                Some(planned) => Answer::Move(planned),
                None => return Did::Disagreed,
            },
            Step::Collect { head } => match self.collect(cloud, ticker, head.as_ref(), view) {
                Some(Some(planned)) => Answer::Move(planned),
                Some(None) => Answer::Nothing,
                None => return Did::Disagreed,
            },
            Step::LookBeyond { head, .. } => {
                let size = head.as_ref().map_or(0, |head| head.to.size);
                let beyond = cloud.checkpoints.range(size + 1..).next();
                Answer::Beyond(beyond.map(|(size, _)| cairn_batch::keys::checkpoint(*size)))
            }
            Step::KeepCursors { head, planned } => {
                let from = head.as_ref().map_or(Hash::EMPTY_ROOT, |head| head.to.root);
                cloud.remember(from, &planned.plan);
                if self.is(Mutation::SignFirst) {
                    let (size, root) = (planned.to.size, planned.to.root);
                    cloud.sign(&Checkpoint { origin: ORIGIN.to_owned(), size, root });
                }
                match self.is(Mutation::CursorsLast) {
                    true => Answer::Done,
                    false => return self.keep(cloud, &ticker.step),
                }
            }
            Step::Advance { head, planned } => {
                let next = planned.head(head.as_ref(), MOVED);
                let unconditionally = self.is(Mutation::AdvanceUnconditionally);
                match cloud.advance(head.as_ref(), &next, unconditionally) {
                    Wrote::Done => Answer::Advanced(next),
                    Wrote::Same | Wrote::Other => Answer::Again,
                }
            }
            Step::KeepPlan(publication) => {
                if self.is(Mutation::CursorsLast) {
                    let planned = &publication.planned;
                    cloud.create(Object::Cursors(planned.to.cursors, planned.cursors.clone()));
                }
                return self.keep(cloud, &ticker.step);
            }
            Step::KeepTiles(_) if self.is(Mutation::TilesLast) => Answer::Done,
            Step::KeepTiles(_) => return self.keep(cloud, &ticker.step),
            Step::ReadSigned { publication, .. } => {
                let kept = cloud.checkpoints.get(&publication.head.to.size).cloned();
                Answer::Signed(kept.map(|kept| (kept.clone(), note(&kept))))
            }
            Step::Sign(publication) => Answer::Note(cloud.sign(&publication.checkpoint())),
            Step::KeepSigned { publication, .. } => {
                let checkpoint = publication.checkpoint();
                match cloud.create(Object::Checkpoint(checkpoint)) {
                    Wrote::Done => Answer::Done,
                    Wrote::Same | Wrote::Other => Answer::Taken,
                }
            }
            Step::ReadCurrent { publication, .. } => {
                if self.is(Mutation::TilesLast) {
                    self.keep(cloud, &Step::KeepTiles(publication.clone()));
                }
                let current = cloud.published.as_ref();
                Answer::Current(current.map(|(checkpoint, tag)| (checkpoint.clone(), etag(*tag))))
            }
            Step::Replace { publication, expected, .. } => {
                let checkpoint = publication.checkpoint();
                if self.is(Mutation::ReplaceUnconditionally) {
                    cloud.publish(&checkpoint);
                    return Did::Answered(Answer::Done);
                }
                match cloud.replace(&checkpoint, expected.as_ref()) {
                    Wrote::Done => Answer::Done,
                    Wrote::Same | Wrote::Other => Answer::Again,
                }
            }
            Step::Finish(_) => unreachable!("the tick has ended"),
        };
        Did::Answered(answer)
    }

    /// Creates what a step writes: what is there already must be the same.
    fn keep(&self, cloud: &mut Cloud, step: &Step) -> Did {
        for flight in self.flights(step) {
            let Flight::Create(object) = flight else { continue };
            if cloud.create(object) == Wrote::Other {
                return Did::Disagreed;
            }
        }
        Did::Answered(Answer::Done)
    }

    /// The writes of a step, as they go over the wire.
    fn flights(&self, step: &Step) -> Vec<Flight> {
        match step {
            Step::KeepCursors { planned, .. } => {
                let object = Object::Cursors(planned.to.cursors, planned.cursors.clone());
                vec![Flight::Create(object)]
            }
            Step::Advance { head, planned } => {
                vec![Flight::Advance(head.clone(), planned.head(head.as_ref(), MOVED))]
            }
            Step::KeepPlan(Publication { head, planned, .. }) => {
                vec![Flight::Create(Object::Plan(head.to.size, planned.plan.clone()))]
            }
            Step::KeepTiles(publication) => {
                let tile = |(path, bytes): &(_, Vec<u8>)| Object::Tile(*path, bytes.clone());
                let files = publication.planned.growth.files.iter();
                files.map(tile).map(Flight::Create).collect()
            }
            Step::KeepSigned { publication, .. } => {
                vec![Flight::Create(Object::Checkpoint(publication.checkpoint()))]
            }
            Step::Replace { publication, expected, .. } => {
                vec![Flight::Replace(publication.checkpoint(), expected.clone())]
            }
            _ => Vec::new(),
        }
    }

    /// The headers of chains from cursors on, as far as they are committed.
    fn pages(&self, from: &Cursors, until: &[u8]) -> Vec<(ChainId, Vec<SealedHeader>)> {
        let pages = self.chains.iter().zip(until).filter(|(_, until)| **until > 0);
        let pages = pages.map(|((chain, headers), until)| {
            let from = (from.next(chain) as usize).min(usize::from(*until));
            (chain.clone(), headers[from..usize::from(*until)].to_vec())
        });
        pages.collect()
    }

    /// `None`: what the head refers to is not there.
    fn collect(
        &self,
        cloud: &Cloud,
        ticker: &Ticker,
        head: Option<&LogHead>,
        view: View,
    ) -> Option<Option<Move>> {
        let at = head.map(|head| &head.to);
        let cursors = cursors(cloud, at)?;
        let now = &cloud.committed;
        let until: Vec<u8> = match view {
            View::Old => ticker.seen.clone(),
            View::New => now.clone(),
            View::ChildrenNew => ticker.seen[..1].iter().chain(&now[1..]).copied().collect(),
        };
        let mut pages = self.pages(&cursors, &until);
        let mut left = self.bounds.limit;
        for (_, page) in &mut pages {
            page.truncate(left);
            left -= page.len();
        }
        let gathered = plan::gather(ORIGIN, cursors, pages);
        if gathered.entries.is_empty() {
            return Some(None);
        }
        plan::plan(ORIGIN, tree(cloud, at)?, gathered).ok().map(Some)
    }

    fn remake(&self, cloud: &mut Cloud, head: &LogHead) -> Option<Move> {
        let before = cursors(cloud, head.from.as_ref())?;
        let after = cursors(cloud, Some(&head.to))?;
        let until: Vec<u8> = self.chains.iter().map(|(chain, _)| after.next(chain) as u8).collect();
        let until = if self.is(Mutation::FinishWithNew) { &cloud.committed } else { &until };
        let gathered = plan::gather(ORIGIN, before.clone(), self.pages(&before, until));
        let planned = plan::plan(ORIGIN, tree(cloud, head.from.as_ref())?, gathered).ok()?;
        cloud.remember(head.from.as_ref().map_or(Hash::EMPTY_ROOT, |at| at.root), &planned.plan);
        Some(planned)
    }
}

fn assume(step: &Step) -> Did {
    match step {
        Step::Advance { head, planned } => {
            Did::Answered(Answer::Advanced(planned.head(head.as_ref(), MOVED)))
        }
        _ => Did::Answered(Answer::Again),
    }
}

fn note(checkpoint: &Checkpoint) -> Bytes {
    checkpoint.to_string().into()
}

fn cursors(cloud: &Cloud, at: Option<&LogPoint>) -> Option<Cursors> {
    match at {
        None => Some(Cursors::default()),
        Some(at) => cloud.cursors.get(&at.cursors).cloned(),
    }
}

fn tree(cloud: &Cloud, at: Option<&LogPoint>) -> Option<LogTree> {
    let Some(at) = at else { return Some(LogTree::default()) };
    LogTree::load(at.size, &at.root, &cloud.tiles).ok()
}
