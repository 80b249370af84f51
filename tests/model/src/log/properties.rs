//! What must hold in every state, and what must happen in some, lest the rest hold of nothing.

use cairn_checkpoint::protocol::Step;
use cairn_ledger::{Hash, LogTree};
use stateright::Property;

use super::{Bounds, Happens, Model, State, Ticker, View, size};

pub(crate) fn all(bounds: &Bounds) -> Vec<Property<Model>> {
    let mut all: Vec<Property<Model>> = vec![
        Property::always("every signed checkpoint extends all earlier ones", |model, state| {
            model.extends(state)
        }),
        Property::always("nothing is logged twice or out of turn", |model, state| {
            model.in_turn(state)
        }),
        Property::always("what is signed can be read", |_, state| readable(state)),
        Property::always("what is published was signed and kept", |_, state| kept(state)),
        Property::always("what is published never shrinks", |_, state: &State| !state.unpublished),
        Property::always("table and archive agree", |model, state| model.no_alarm(state)),
        Property::always("work goes on once faults stop", |model, state| model.goes_on(state)),
        Property::sometimes("everything is published", |model, state| model.is_done(state)),
    ];
    if bounds.tickers > 1 {
        all.push(Property::sometimes("two ticks are about to move the head", |_, state| {
            count(state, |step| matches!(step, Step::Advance { .. })) > 1
        }));
    }
    if bounds.tickers > 1 || bounds.rollbacks > 0 {
        all.push(Property::sometimes("a checkpoint lies beyond the head", |_, state| {
            count(state, |step| matches!(step, Step::ReadHeadAgain { .. })) > 0
        }));
    }
    if bounds.faults > 0 {
        all.push(Property::sometimes("a move is made again", |_, state| {
            count(state, |step| matches!(step, Step::Remake { .. })) > 0
        }));
        all.push(Property::sometimes("a request is late", |_, state: &State| {
            !state.flying.is_empty()
        }));
    }
    all
}

fn count(state: &State, is: impl Fn(&Step) -> bool) -> usize {
    state.tickers.iter().flatten().filter(|ticker| is(&ticker.step)).count()
}

/// The tiles of every checkpoint that is kept.
fn readable(state: &State) -> bool {
    let tiles = &state.cloud.tiles;
    state.cloud.checkpoints.values().all(|checkpoint| {
        LogTree::load(checkpoint.size, &checkpoint.root, tiles).is_ok()
            && state.cloud.plans.get(&checkpoint.size).is_some_and(|p| p.root == checkpoint.root)
    })
}

fn kept(state: &State) -> bool {
    let Some((published, _)) = &state.cloud.published else { return true };
    let signed = |(size, root, _): &(u64, Hash, Vec<Hash>)| {
        (*size, *root) == (published.size, published.root)
    };
    state.cloud.signed.iter().any(signed)
        && state.cloud.checkpoints.get(&published.size) == Some(published)
}

impl Model {
    /// Whatever was signed is of one log, whether or not it was kept. Where the head is put back this
    /// holds of what was kept: of a signature that nobody has nothing tells.
    fn extends(&self, state: &State) -> bool {
        let checkpoints = &state.cloud.checkpoints;
        let known = |size: &u64, root: &Hash| {
            self.bounds.rollbacks == 0 || checkpoints.get(size).is_some_and(|c| c.root == *root)
        };
        let mut longest: &[Hash] = &[];
        state.cloud.signed.iter().filter(|(size, root, _)| known(size, root)).all(
            |(size, _, log)| {
                let follows = log.len() as u64 == *size && log.starts_with(longest);
                longest = log;
                follows
            },
        )
    }

    /// The signed logs hold each chain's batches once and in order, and the children's after the parent's.
    fn in_turn(&self, state: &State) -> bool {
        state.cloud.signed.iter().all(|(_, _, log)| {
            let mut next = vec![0; self.chains.len()];
            let batches = log.iter().all(|leaf| {
                let of = |(chain, (_, headers)): (usize, &(_, Vec<cairn_ledger::SealedHeader>))| {
                    let place = headers.iter().position(|header| header.link() == *leaf)?;
                    Some((chain, place))
                };
                // What is no batch is a config change.
                let Some((chain, place)) = self.chains.iter().enumerate().find_map(of) else {
                    return true;
                };
                let turn = place == next[chain];
                let after_parent = chain == 0 || next[0] == usize::from(self.bounds.chains[0]);
                next[chain] += 1;
                turn && after_parent
            });
            let mut sorted = log.clone();
            sorted.sort();
            sorted.dedup();
            batches && sorted.len() == log.len()
        })
    }

    /// Where nobody puts the head back, no tick finds that table and archive disagree.
    fn no_alarm(&self, state: &State) -> bool {
        self.bounds.rollbacks > 0 || !state.alarm
    }

    fn entries(&self, state: &State) -> u64 {
        let mut bundles = std::collections::BTreeSet::new();
        let mut batches = 0;
        for ((_, headers), count) in self.chains.iter().zip(&state.cloud.committed) {
            let committed = &headers[..usize::from(*count)];
            bundles.extend(committed.iter().map(|header| header.header.bundle));
            batches += committed.len() as u64;
        }
        batches + bundles.len() as u64
    }

    fn is_done(&self, state: &State) -> bool {
        let all = state.cloud.committed == self.bounds.chains;
        all && size(state) == self.entries(state)
    }

    /// From here on nothing goes wrong: ticks that are under way end, then others follow. All that is
    /// committed is published then; or somebody put the head back, and a tick has said so.
    fn goes_on(&self, state: &State) -> bool {
        if self.mutation.is_some_and(|mutation| mutation != super::Mutation::CursorsLast) {
            return true;
        }
        let mut state = state.clone();
        for n in 0..state.tickers.len() {
            self.end(&mut state, n);
        }
        for _ in 0..=self.entries(&state) {
            state.tickers[0] = Some(Ticker::start(&state.cloud));
            self.end(&mut state, 0);
        }
        let rolled_back = state.rollbacks < self.bounds.rollbacks;
        size(&state) == self.entries(&state) || rolled_back && state.alarm
    }

    fn end(&self, state: &mut State, n: usize) {
        // More than any tick takes without faults.
        for _ in 0..200 {
            if state.tickers[n].is_some() {
                self.step(state, n, View::New, Happens::Done);
            }
        }
    }
}
