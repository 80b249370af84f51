//! A whole archive in hostile hands.

use std::sync::LazyLock;

use crate::world::{World, chain, event};

static ARCHIVE: LazyLock<World> = LazyLock::new(whole);

/// An archive whose every batch is logged.
pub fn whole() -> World {
    let mut world = World::usual();
    world.log();
    // One chain was stopped, and goes on by an order.
    world.stop(&chain(1));
    let order = world.order(&chain(1));
    world.put_order(&order);
    world.seal(&chain(1).successor(), &[event("acme", 1)]);
    world.log();
    assert!(world.verify().ok, "the archive is whole before it is touched");
    world
}

/// Replaces objects, wholly or in part, as the bytes say: two for which object, one for how many bytes
/// go (255: all), two for where, one for how many come, those, and so on.
///
/// The verifier ends, and calls the archive fine only where no object differs.
pub fn archive(bytes: &[u8]) {
    let keys: Vec<&String> = ARCHIVE.objects.keys().collect();
    let mut world = World::clone(&ARCHIVE);
    let mut rest = bytes;
    let mut touched = Vec::new();
    while let Some((head, tail)) = rest.split_first_chunk::<6>() {
        let key = keys[usize::from(u16::from_be_bytes([head[0], head[1]])) % keys.len()];
        let (new, tail) = tail.split_at(usize::from(head[5]).min(tail.len()));
        let at = usize::from(u16::from_be_bytes([head[3], head[4]]));
        world.change(key, |body| {
            let (from, end) = match head[2] {
                255 => (0, body.len()),
                gone => {
                    let from = at % (body.len() + 1);
                    (from, (from + usize::from(gone)).min(body.len()))
                }
            };
            body.splice(from..end, new.iter().copied());
        });
        touched.push(key);
        rest = tail;
    }
    touched.retain(|key| world.body(key) != ARCHIVE.body(key));
    let report = world.verify();
    assert_eq!(report.ok, touched.is_empty(), "{touched:?}: {:#?}", report.findings);
}
