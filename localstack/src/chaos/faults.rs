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

/// How many faults struck, by kind.
pub(super) type Struck = Arc<Mutex<BTreeMap<Kind, u64>>>;

/// The numbers.
pub(super) fn counted(struck: &Struck) -> BTreeMap<Kind, u64> {
    struck.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Makes faults.
pub(super) struct Faults<'a> {
    stage: &'a Stage,
    seed: u64,
    struck: Struck,
}

impl<'a> Faults<'a> {
    pub(super) fn new(seed: u64, stage: &'a Stage, struck: &Struck) -> Self {
        Self { stage, seed, struck: Arc::clone(struck) }
    }

    /// Makes faults for so long: some requests of the functions go wrong all the while, and now and
    /// then a whole part does. Each round has sequences of its own, whatever became of the last.
    pub(super) async fn during(&self, round: u64, time: Duration) {
        let begun = Instant::now();
        let mut random = Rng::with_seed(!self.seed ^ (round << 32));
        set_rule(self.stage.proxy(), random.fork(), &self.struck);
        while begun.elapsed() < time {
            let pause = Duration::from_millis(random.u64(200..1_500));
            tokio::time::sleep(pause.min(time.saturating_sub(begun.elapsed()))).await;
            match random.u8(..10) {
                0..=4 => {
                    if self.stage.kill_ingest().await > 0 {
                        count(&self.struck, Kind::IngestKilled);
                    }
                }
                5..=7 => {
                    if self.stage.kill_checkpoint().await > 0 {
                        count(&self.struck, Kind::CheckpointKilled);
                    }
                }
                _ => {
                    let time = Duration::from_millis(random.u64(300..4_000));
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
