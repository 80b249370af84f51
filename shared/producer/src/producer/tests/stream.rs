//! A stream in memory, which fails as it is told to.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::config::Compression;
use crate::sink::{Answer, Parcel, PutError, Sink};

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fate {
    Taken,
    /// The records at these places (modulo) are refused.
    Partly(Vec<usize>),
    Refused,
    /// It is refused, or taken, and nobody learns of it.
    Lost {
        taken: bool,
    },
    /// There is never an answer.
    Silent,
}

/// A stream in memory.
#[derive(Clone, Default)]
pub(super) struct Stream(pub(super) Arc<Mutex<State>>);

#[derive(Default)]
pub(super) struct State {
    fates: VecDeque<Fate>,
    /// What happens when there are no more fates.
    away: bool,
    pub(super) records: Vec<(String, Vec<u8>)>,
    pub(super) requests: usize,
}

impl Stream {
    pub(super) fn new(fates: impl IntoIterator<Item = Fate>) -> Self {
        let state = State { fates: fates.into_iter().collect(), ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    pub(super) fn away() -> Self {
        let stream = Self::default();
        stream.set_away(true);
        stream
    }

    pub(super) fn set_away(&self, away: bool) {
        self.0.lock().unwrap().away = away;
    }

    /// All events, in the order of the stream.
    pub(super) fn events(&self) -> Vec<Value> {
        let state = self.0.lock().unwrap();
        let lines = state.records.iter().flat_map(|(_, data)| data.split(|byte| *byte == b'\n'));
        lines
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }

    /// How many events are there more than once.
    pub(super) fn repeated(&self) -> u64 {
        let mut copies: BTreeMap<String, u64> = BTreeMap::new();
        for event in self.events() {
            *copies.entry(event["id"].to_string()).or_default() += 1;
        }
        copies.values().filter(|copies| **copies > 1).count() as u64
    }

    /// Numbers of all events, without repetitions of what came before.
    pub(super) fn first_numbers(&self) -> Vec<u64> {
        let mut seen = BTreeSet::new();
        let numbers =
            self.events().into_iter().map(|event| event["producer"]["seq"].as_u64().unwrap());
        numbers.filter(|number| seen.insert(*number)).collect()
    }
}

impl Sink for Stream {
    async fn put(
        &self,
        parcels: Vec<Parcel>,
        compression: Compression,
    ) -> Result<Vec<Answer>, PutError> {
        let fate = {
            let mut state = self.0.lock().unwrap();
            state.requests += 1;
            let usual = if state.away { Fate::Refused } else { Fate::Taken };
            state.fates.pop_front().unwrap_or(usual)
        };
        let keys: BTreeSet<_> = parcels.iter().map(|parcel| parcel.key.clone()).collect();
        assert_eq!(keys.len(), parcels.len(), "two records of a key in a request may swap");
        let refused = |place: usize| match &fate {
            Fate::Partly(places) => places.iter().any(|other| other % parcels.len() == place),
            Fate::Taken | Fate::Lost { taken: true } => false,
            _ => true,
        };
        let mut answers = Vec::new();
        for (place, parcel) in parcels.iter().enumerate() {
            let mut state = self.0.lock().unwrap();
            if refused(place) {
                answers.push(Answer::Refused {
                    why: "ProvisionedThroughputExceededException".to_owned(),
                });
                continue;
            }
            let data = parcel.record.encode(compression);
            let (bytes, sequence) = (data.len(), state.records.len().to_string().into());
            state.records.push((parcel.key.to_string(), data));
            answers.push(Answer::Taken { shard: "shardId-000000000000".into(), sequence, bytes });
        }
        let failed = |doubtful| PutError { why: "away".to_owned(), doubtful };
        match fate {
            Fate::Taken | Fate::Partly(_) => Ok(answers),
            Fate::Refused => Err(failed(false)),
            Fate::Lost { .. } => Err(failed(true)),
            Fate::Silent => std::future::pending().await,
        }
    }
}
