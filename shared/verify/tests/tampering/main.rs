//! For every kind of tampering: it is made, and the verifier names it.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, unreachable_pub)]

mod bytes;
mod changes;
mod lags;
mod liars;
mod logs;
mod objects;
mod orders;
mod protected;
mod table;
mod world;

use world::World;

#[test]
fn an_honest_archive_is_green() {
    let world = World::usual();
    let report = world.verify();
    assert!(report.ok, "{:#?}", report.findings);
    assert_eq!((report.chains, report.batches, report.unlogged), (2, 7, 1));
    assert_eq!((report.records, report.events, report.rejections), (33, 37, 2));
    assert_eq!((report.size, report.resolved), (7, 0));
    assert_eq!(report.checkpoint.as_bytes(), world.body("log/checkpoint"));
    assert_eq!(report.bytes, batch_bytes(&world));
}

fn batch_bytes(world: &World) -> u64 {
    let batches = world.objects.iter().filter(|(key, _)| key.starts_with("batches/"));
    batches.map(|(_, versions)| versions[0].body.len() as u64).sum()
}

#[test]
fn the_readme_lists_every_finding() {
    let readme = include_str!("../../README.md");
    let listed: Vec<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name)
        .filter(|name| name.contains('.'))
        .collect();
    let names: Vec<&str> =
        cairn_verify::FindingCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(listed, names);
}
