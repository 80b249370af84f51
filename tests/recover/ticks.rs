//! The table is lost while the checkpoint function has a move of the log under way: whatever it had written,
//! the next tick ends that move, or makes one that nothing signed contradicts.

use cairn_store::faults::{At, Fault};
use cairn_store::memory::SoftwareSigner;
use cairn_tests::World;
use jiff::{SignedDuration, Timestamp};

use crate::story::{held, recovered, seal, tick};

/// A log that is about to move: for the first time, or again.
async fn about_to_move(signers: &[SoftwareSigner], first: bool) -> World {
    let world = World::with_signers(1, signers).await;
    seal(&world, 0, 0).await;
    seal(&world, 0, 2).await;
    if !first {
        tick(&world).await;
        seal(&world, 0, 4).await;
        world.add_shard(&[0]);
        seal(&world, 1, 6).await;
    }
    world
}

#[tokio::test]
async fn a_tick_that_died_anywhere_is_ended_or_made_again() {
    let (ed25519, p256) = (SoftwareSigner::ed25519([3; 32]), SoftwareSigner::p256([4; 32]));
    let mut cases = [0; 3];
    for signers in [vec![ed25519.clone()], vec![p256.clone(), ed25519]] {
        for first in [true, false] {
            let before = about_to_move(&signers, first).await;
            let kept = (!first).then(|| before.verify_archive(None).checkpoint);
            let process = before.fork().process();
            process.tick().await.unwrap();
            for n in 0..process.faults.calls().len() {
                for fault in [Fault::CrashBefore, Fault::CrashAfter] {
                    for more in [false, true] {
                        let world = before.fork();
                        let process = world.process();
                        process.faults.inject(At::call(n), fault);
                        assert!(process.tick_until_crash().await.is_none());
                        let case = format!("{:?}, more {more}", process.faults.fired());
                        if more {
                            // Ingest goes on for a while.
                            seal(&world, if first { 0 } else { 1 }, 8).await;
                            // And nobody comes for hours.
                            let operator = world.cloud.operator();
                            let put = Timestamp::now() - SignedDuration::from_hours(5);
                            operator
                                .keys()
                                .iter()
                                .for_each(|key| operator.set_modified(key, None, put));
                        }
                        cases[ends_as(&world, first, kept.as_deref(), &case).await] += 1;
                    }
                }
            }
        }
    }
    let [earlier, unfinished, published] = cases;
    assert!(earlier > 20 && unfinished > 20 && published > 4, "{cases:?}");
}

/// Loses the table, recovers and goes on. 0: the head is the earlier one; 1: the move is still to be ended;
/// 2: it was published.
async fn ends_as(world: &World, first: bool, kept: Option<&str>, case: &str) -> usize {
    let was = held(world).await;
    world.cloud.operator().lose_table();
    let done = recovered(world, kept).await;
    let is = held(world).await;
    assert_eq!(is.chains, was.chains, "{case}");
    let moved = was.log.as_ref().map(|head| head.to.size) == Some(if first { 3 } else { 5 });
    let same = is.log == was.log;
    let signed = world.verify_archive(kept.map(str::to_owned));
    let ended = match (same, done.log) {
        (true, Some(log)) if moved && log.unfinished => 1,
        (true, Some(_)) if moved => 2,
        (true, _) => 0,
        (false, _) => {
            // It had moved and written nothing: as if it had not.
            assert!(moved, "{case}");
            let from = was.log.and_then(|head| head.from);
            assert_eq!(is.log.map(|head| head.to), from, "{case}");
            0
        }
    };
    while world.process().tick().await.expect(case).added > 0 {}
    for kept in [kept.map(str::to_owned), Some(signed.checkpoint).filter(|note| !note.is_empty())] {
        let report = world.verify_as_it_is(kept).await;
        assert!(report.ok, "{case}: {:#?}", report.findings);
        assert_eq!(report.unlogged, 0, "{case}");
    }
    ended
}
