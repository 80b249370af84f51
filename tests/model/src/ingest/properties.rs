//! What must hold in every state, and what must happen in some, lest the rest hold of nothing.

use cairn_ingest::protocol::{Candidate, Step};
use cairn_ledger::{Lineage, Parent};
use stateright::Property;

use super::writer::sequence;
use super::{Bounds, Happens, Model, State, Version, Work};

pub(crate) fn all(bounds: &Bounds) -> Vec<Property<Model>> {
    let mut all: Vec<Property<Model>> = vec![
        Property::always("each chain is one chain", |model, state| model.is_one_chain(state)),
        Property::always("nothing is lost, nothing is there twice", |_, state| each_once(state)),
        Property::always("what is acknowledged is committed", |_, state| committed(state)),
        Property::always("what is committed stays as it is", |_, state: &State| !state.rewritten),
        Property::always("what is committed is in the archive", |_, state| archived(state)),
        Property::always("one object decides a number", |model, state| model.decided(state)),
        Property::always("a chain is stopped only for what is there", |_, state| no_alarm(state)),
        Property::always("work goes on once faults stop", |model, state| model.goes_on(state)),
        Property::sometimes("everything is committed", |model, state| model.is_done(state)),
        Property::sometimes("an object is adopted", |_, state| {
            any_work(state, |step| matches!(step, Step::Adopt { .. }))
        }),
    ];
    if bounds.writers > 1 {
        all.push(Property::sometimes(
            "two writers are about to commit one number",
            |_, state: &State| {
                let commits = |work: &Work| matches!(work.step, Step::Commit { .. });
                state
                    .writers
                    .iter()
                    .filter(|writer| writer.work.as_ref().is_some_and(commits))
                    .count()
                    > 1
            },
        ));
    }
    if bounds.versions > 1 {
        all.push(Property::sometimes("a later version's object is met", |_, state: &State| {
            let later = |work: &Work| {
                let chain = &state.cloud.chains[work.shard];
                let next = (work.shard, chain.items.len() as u64);
                let there = state.cloud.objects.get(&next).into_iter().flatten();
                let later = |version: &Version| {
                    matches!(version, Version::Object(sealed)
                        if sealed.header.transform > work.version.to_string())
                };
                matches!(work.step, Step::Adopt { .. }) && there.into_iter().any(later)
            };
            state.writers.iter().any(|writer| writer.work.as_ref().is_some_and(later))
        }));
    }
    if bounds.faults > 0 {
        all.push(Property::sometimes("a request is late", |_, state: &State| {
            !state.flying.is_empty()
        }));
    }
    if bounds.markers > 0 {
        all.push(Property::sometimes("a chain is stopped", |_, state: &State| {
            state.cloud.chains.iter().any(|chain| chain.state.stopped.is_some())
        }));
    }
    all
}

fn any_work(state: &State, is: impl Fn(&Step) -> bool) -> bool {
    state.writers.iter().any(|writer| writer.work.as_ref().is_some_and(|work| is(&work.step)))
}

/// Every batch was the only one that could become the next committed one.
fn each_once(state: &State) -> bool {
    state.cloud.chains.iter().all(|chain| {
        let mut next = 0;
        chain.items.iter().all(|item| {
            let header = &item.header.header;
            let follows = header.first == sequence(next);
            next += header.counts.records as usize;
            follows && header.last == sequence(next - 1)
        })
    })
}

fn committed(state: &State) -> bool {
    let pairs = state.cloud.chains.iter().zip(&state.acknowledged);
    pairs.into_iter().all(|(chain, acknowledged)| {
        let records: u64 = chain.items.iter().map(|item| item.header.header.counts.records).sum();
        *acknowledged as u64 <= records
    })
}

fn archived(state: &State) -> bool {
    state.cloud.chains.iter().enumerate().all(|(shard, chain)| {
        chain.items.iter().all(|item| {
            let header = state.cloud.header(shard, item.header.header.number, &item.version);
            header == Some(&item.header)
        })
    })
}

/// At the next number of a stopped chain lies a delete marker.
fn no_alarm(state: &State) -> bool {
    state.cloud.chains.iter().enumerate().all(|(shard, chain)| {
        let next = (shard, chain.items.len() as u64);
        let versions = state.cloud.objects.get(&next).map(Vec::as_slice).unwrap_or_default();
        chain.state.stopped.is_none() || versions.contains(&Version::Marker)
    })
}

impl Model {
    fn is_one_chain(&self, state: &State) -> bool {
        state.cloud.chains.iter().enumerate().all(|(shard, chain)| {
            let mut before: Option<Candidate> = None;
            let linked = chain.items.iter().all(|item| {
                let lineage = match &before {
                    Some(before) => Lineage::Previous(before.next.link),
                    None => self.ends_of_parents(state, shard),
                };
                let number = before.as_ref().map_or(0, |before| before.next.number + 1);
                let header = &item.header.header;
                let follows = header.lineage == lineage && header.number == number;
                before = Some(Candidate::new(item.header.clone(), item.version.clone()));
                follows
            });
            linked && chain.state.head == before.map(|last| last.next)
        })
    }

    /// The ends of the parents' chains as they are now: once a child has begun they stay.
    fn ends_of_parents(&self, state: &State, shard: usize) -> Lineage {
        let end = |parent: &usize| {
            let head = state.cloud.chains[*parent].state.head.as_ref()?;
            Some(Parent { chain: self.chains[*parent].clone(), link: head.link })
        };
        Lineage::Genesis(self.bounds.shards[shard].1.iter().filter_map(end).collect())
    }

    /// Where nothing is deleted there is never a second version.
    fn decided(&self, state: &State) -> bool {
        self.bounds.markers > 0 || state.cloud.objects.values().all(|versions| versions.len() <= 1)
    }

    fn is_done(&self, state: &State) -> bool {
        let mut pairs = state.acknowledged.iter().zip(&self.bounds.shards);
        pairs.all(|(acknowledged, (count, _))| acknowledged == count)
    }

    /// From here on nothing goes wrong: who is at work ends its work, then Lambda hands over what is not
    /// acknowledged, to the latest version. Then all is committed, or the chain is stopped.
    fn goes_on(&self, state: &State) -> bool {
        if self.mutation.is_some() {
            return true;
        }
        let mut state = state.clone();
        for writer in 0..state.writers.len() {
            self.end(&mut state, writer);
        }
        // Parents come before their children.
        for (shard, (count, _)) in self.bounds.shards.iter().enumerate() {
            let stopped = |state: &State| state.cloud.chains[shard].state.stopped.is_some();
            // Stopped parents keep their children waiting.
            if !self.is_open(&state, shard) {
                return true;
            }
            // Two hands: the first may meet what a delete marker hides.
            for _ in 0..2 {
                let first = state.acknowledged[shard];
                if first < *count && !stopped(&state) {
                    let by = (self.bounds.versions - 1, 0);
                    self.deliver(&mut state, 0, shard, (first, *count), by);
                    self.end(&mut state, 0);
                }
            }
            if state.acknowledged[shard] < *count && !stopped(&state) {
                return false;
            }
        }
        true
    }

    fn end(&self, state: &mut State, writer: usize) {
        // More than any invocation takes without faults.
        for _ in 0..100 {
            if state.writers[writer].work.is_some() {
                self.step(state, writer, Happens::Done);
            }
        }
    }
}
