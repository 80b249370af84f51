//! The faults, by a seed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde::Serialize;

use super::stage::Stage;
use crate::proxy::{Fault, Passing, Proxy};

/// Kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The processes of ingest were killed.
    IngestKilled,
    /// Those of checkpoint.
    CheckpointKilled,
    /// The emulator stood still for a while.
    Frozen,
    /// A request to storage was lost.
    RequestLost,
    /// An answer of storage was lost.
    AnswerLost,
    /// An answer came late.
    AnswerLate,
    /// A request took effect late.
    RequestLate,
    /// A request was refused.
    Refused,
    /// A request was made twice.
    Duplicated,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::IngestKilled,
        Self::CheckpointKilled,
        Self::Frozen,
        Self::RequestLost,
        Self::AnswerLost,
        Self::AnswerLate,
        Self::RequestLate,
        Self::Refused,
        Self::Duplicated,
    ];
}

type Struck = Arc<Mutex<BTreeMap<Kind, u64>>>;

/// Makes faults.
pub(super) struct Faults<'a> {
    stage: &'a Stage,
    random: Rng,
    struck: Struck,
}

impl<'a> Faults<'a> {
    pub(super) fn new(seed: u64, stage: &'a Stage) -> Self {
        // Another sequence than the load's.
        Self { stage, random: Rng::with_seed(!seed), struck: Arc::default() }
    }

    /// Makes faults for so long: some requests of the functions go wrong all the while, and now and
    /// then a whole part does.
    pub(super) async fn during(&mut self, time: Duration) {
        let begun = Instant::now();
        set_rule(self.stage.proxy(), self.random.fork(), &self.struck);
        while begun.elapsed() < time {
            let pause = Duration::from_millis(self.random.u64(200..1_500));
            tokio::time::sleep(pause.min(time.saturating_sub(begun.elapsed()))).await;
            match self.random.u8(..10) {
                0..=4 => {
                    self.stage.kill_ingest().await;
                    count(&self.struck, Kind::IngestKilled);
                }
                5..=7 => {
                    self.stage.kill_checkpoint().await;
                    count(&self.struck, Kind::CheckpointKilled);
                }
                _ => {
                    let time = Duration::from_millis(self.random.u64(300..4_000));
                    if self.stage.freeze(time).await {
                        count(&self.struck, Kind::Frozen);
                    }
                }
            }
        }
    }

    /// Ends all faults.
    pub(super) fn heal(&self) {
        self.stage.proxy().heal();
    }

    /// The faults that struck, by kind.
    pub(super) fn struck(&self) -> BTreeMap<Kind, u64> {
        self.struck.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn count(struck: &Struck, kind: Kind) {
    *struck.lock().unwrap_or_else(PoisonError::into_inner).entry(kind).or_default() += 1;
}

/// One request in eight goes wrong.
fn set_rule(proxy: &Proxy, mut random: Rng, struck: &Struck) {
    let struck = Arc::clone(struck);
    proxy.set(move |_: &Passing| {
        if random.u8(..8) > 0 {
            return None;
        }
        let (kind, fault) = match random.u8(..6) {
            0 => (Kind::RequestLost, Fault::BreakBefore),
            1 => (Kind::AnswerLost, Fault::BreakAfter),
            2 => (Kind::AnswerLate, Fault::Hold(Duration::from_millis(random.u64(50..2_000)))),
            3 => (Kind::RequestLate, Fault::Late(Duration::from_millis(random.u64(50..4_000)))),
            4 => (Kind::Refused, Fault::Refuse),
            _ => (Kind::Duplicated, Fault::Twice),
        };
        count(&struck, kind);
        Some(fault)
    });
}
