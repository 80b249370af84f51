//! Checks a model and tells what was found.

use std::fmt;
use std::hash::Hash;
use std::time::Instant;

use serde::Serialize;
use stateright::{Checker, Expectation, Model};

/// What the checker found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// States that were generated.
    pub states: usize,
    /// States that differ.
    pub unique: usize,
    /// The longest way to one.
    pub depth: usize,
    /// How many seconds it took.
    pub seconds: f64,
    /// The properties that do not hold, each with the steps that show it; of those that must happen
    /// somewhere, the ones that never do.
    pub broken: Vec<(&'static str, String)>,
}

/// Checks every state of a model, or until the first counter-example if `hasty`.
pub fn check<M>(model: M, hasty: bool) -> Report
where
    M: Model + Send + Sync + Clone + 'static,
    M::State: Hash + Clone + PartialEq + fmt::Debug + Send + Sync + 'static,
    M::Action: Clone + PartialEq + fmt::Debug + Send + Sync + 'static,
{
    let begun = Instant::now();
    let finish = match hasty {
        true => stateright::HasDiscoveries::AnyFailures,
        false => stateright::HasDiscoveries::AllFailures,
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let checker = model.checker().threads(threads).finish_when(finish).spawn_bfs().join();
    let found = checker.discoveries();
    let mut broken = Vec::new();
    for property in checker.model().properties() {
        match (property.expectation, found.get(property.name)) {
            (Expectation::Sometimes, None) if !hasty => {
                broken.push((property.name, "it never happens".to_owned()));
            }
            (Expectation::Always | Expectation::Eventually, Some(path)) => {
                let steps = path.clone().into_actions();
                let lines = steps.iter().map(|step| format!("{step:?}"));
                broken.push((property.name, lines.collect::<Vec<_>>().join("\n")));
            }
            _ => {}
        }
    }
    Report {
        states: checker.state_count(),
        unique: checker.unique_state_count(),
        depth: checker.max_depth(),
        seconds: begun.elapsed().as_secs_f64(),
        broken,
    }
}
