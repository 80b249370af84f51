//! The short form of the simulation of many shards, and what it must agree with.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use cairn_checkpoint::plan::MAX_BATCHES;
use cairn_store::faults::Operation;
use cairn_tests::World;
use cairn_tests::scale::{Outcome, Pace, Scale, Simulation};

fn all_is_logged(outcome: &Outcome) {
    assert_eq!(outcome.logged, outcome.committed);
    // And one change, to the bundle that they all name.
    assert_eq!(outcome.size, outcome.committed + 1);
}

#[test]
fn hundreds_of_shards_are_split_and_merged_for_an_hour() {
    let scale = Scale {
        shards: 300,
        minutes: 60,
        away: 0,
        batches: 300,
        reshardings: 600,
        pace: Pace::NONE,
        seed: 1,
    };
    let outcome = scale.run(|_| {});
    assert_eq!(outcome.committed, 60 * 300);
    assert!(outcome.chains > 600, "{} chains", outcome.chains);
    all_is_logged(&outcome);
    let requests = outcome.requests;
    assert_eq!(requests.signs, 60, "one for each minute");
    assert_eq!(requests.write_units, 60);
    assert_eq!(requests.headers, outcome.committed, "each header is read once");
}

/// More in a minute than one move of the log takes: the tick makes further ones.
#[test]
fn a_flood_is_logged_in_several_moves_of_one_tick() {
    let scale = Scale {
        shards: 3,
        minutes: 2,
        away: 0,
        batches: MAX_BATCHES + MAX_BATCHES / 4,
        reshardings: 0,
        pace: Pace::NONE,
        seed: 1,
    };
    let outcome = scale.run(|_| {});
    all_is_logged(&outcome);
    assert!(outcome.requests.signs > 2, "{} moves", outcome.requests.signs);
}

/// Chains that bring more than their share keep no other waiting.
#[test]
fn a_quiet_chain_does_not_wait_behind_busy_ones() {
    let scale = Scale {
        shards: 5_000,
        minutes: 3,
        away: 0,
        batches: MAX_BATCHES + MAX_BATCHES / 4,
        reshardings: 0,
        pace: Pace::NONE,
        seed: 1,
    };
    all_is_logged(&scale.run(|_| {}));
}

/// Meanwhile shards were split and merged: what follows a shard is read before the shard is logged to its end.
#[test]
fn an_hour_without_the_function_is_caught_up_with_and_children_wait_for_their_parents() {
    // So slow that each tick makes one move, and says what it could not take.
    let pace = Pace { table: Duration::from_secs(6), ..Pace::WAITING };
    let (shards, batches, reshardings) = (200, 1_500, 600);
    let scale = Scale { shards, minutes: 70, away: 60, batches, reshardings, pace, seed: 1 };
    let outcome = scale.run(|_| {});
    all_is_logged(&outcome);
    let requests = outcome.requests;
    assert!(requests.headers > outcome.committed, "no child had to wait");
    assert!(requests.largest_move <= MAX_BATCHES as u64 + 1, "{requests:?}");
}

/// Chains of which nothing is new, however many, make no move larger.
#[test]
fn a_move_is_bounded_however_many_chains_there_are() {
    let shards = MAX_BATCHES + MAX_BATCHES / 4;
    let mut simulation = Simulation::new(shards, Pace::NONE, 1);
    simulation.commit(MAX_BATCHES);
    simulation.tick();
    simulation.commit(MAX_BATCHES / 2);
    simulation.commit(MAX_BATCHES / 2);
    simulation.tick();
    simulation.commit_to_one(2 * MAX_BATCHES);
    simulation.tick();
    let outcome = simulation.outcome();
    all_is_logged(&outcome);
    assert!(outcome.chains > MAX_BATCHES, "{} chains", outcome.chains);
    assert!(outcome.requests.largest_move <= MAX_BATCHES as u64 + 1, "{:?}", outcome.requests);
}

/// The function is stopped after a minute: a tick leaves to the next what it has no time for.
#[test]
fn a_tick_begins_no_move_that_it_may_not_end() {
    let slow = Pace { table: Duration::from_secs(6), ..Pace::WAITING };
    let mut simulation = Simulation::new(3, slow, 1);
    // Three shares of a move do not fill it.
    simulation.commit(3 * (MAX_BATCHES - 1));
    for moves in 1..=3 {
        simulation.tick();
        assert_eq!(simulation.requests().signs, moves);
    }
    all_is_logged(&simulation.outcome());
}

/// What lies behind a hole is no reason to go on: nothing of it can be logged.
#[test]
fn a_tick_ends_where_a_broken_chain_has_more_than_a_move_takes() {
    let mut simulation = Simulation::new(2, Pace::WAITING, 1);
    simulation.commit(2);
    assert!(simulation.tick().broken.is_empty());
    simulation.lose_one();
    simulation.commit_to_one(2 * MAX_BATCHES);
    let before = simulation.requests().queries;
    let tick = simulation.tick();
    assert_eq!((tick.broken.len(), tick.added), (1, 0));
    // The list of chains, and of each chain its share and more: a query for each megabyte of a page.
    let queries = simulation.requests().queries - before;
    assert!(queries < 100, "{queries} queries of one tick");
}

/// The simulated cloud counts what the real handler asks of one that stores.
#[tokio::test]
async fn the_simulation_counts_what_the_handlers_ask_for() {
    let scale = Scale {
        shards: 3,
        minutes: 4,
        away: 0,
        batches: 3,
        reshardings: 0,
        pace: Pace::NONE,
        seed: 1,
    };
    let simulated = scale.run(|_| {}).requests;
    let world = World::new(3).await;
    let process = world.process();
    let ticker = world.process();
    for minute in 0..4 {
        for shard in 0..3 {
            let record = world.put(shard, format!("{{\"n\":{minute}}}"));
            assert!(process.ingest(shard, &[record]).await.unwrap().unwrap().failures.is_empty());
        }
        ticker.tick().await.unwrap();
    }
    let calls = ticker.faults.calls();
    let count = |wanted: &[Operation]| {
        calls.iter().filter(|call| wanted.contains(&call.operation)).count() as u64
    };
    let tiles = calls
        .iter()
        .filter(|call| call.operation == Operation::Create && call.key.starts_with("log/tile/"));
    assert_eq!(simulated.puts, count(&[Operation::Create, Operation::Replace]));
    assert_eq!(simulated.tiles, tiles.count() as u64);
    assert_eq!(simulated.gets, count(&[Operation::Read]));
    assert_eq!(simulated.lists, count(&[Operation::List]));
    assert_eq!(simulated.queries, count(&[Operation::Chains, Operation::Batches]));
    assert_eq!(simulated.signs, count(&[Operation::Sign]));
    assert_eq!(simulated.write_units, count(&[Operation::AdvanceLog]));
}
