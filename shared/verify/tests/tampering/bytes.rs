//! No byte of an archive can change unseen: about forty bytes of each object are tried.

use cairn_verify::Options;

use crate::world::{World, chain, event};

#[test]
fn a_flip_of_bytes_all_over_every_object_is_found() {
    let mut world = World::new();
    world.seal(&chain(0), &[event("acme", 1)]);
    world.log();
    world.seal(&chain(0), &[event("acme", 1), b"no event".to_vec()]);
    world.log();
    assert!(world.verify().ok);
    let options = Options { heads: None, ..world.options() };
    let mut unseen = Vec::new();
    let keys: Vec<String> = world.objects.keys().cloned().collect();
    for key in keys {
        let body = world.body(&key);
        // An odd step keeps the test short; over all objects every kind of field is met.
        for at in (0..body.len()).step_by((body.len() / 40) | 1) {
            let mut flipped = body.to_vec();
            flipped[at] ^= 1 << (at % 8);
            world.stored(&key).body = flipped.into();
            if world.verify_with(&options).ok {
                unseen.push((key.clone(), at));
            }
        }
        world.stored(&key).body = body;
    }
    assert_eq!(unseen, []);
}
