#![allow(clippy::unwrap_used, clippy::expect_used)]

use indicatif::ProgressBar;

use super::*;
use crate::show::show_in;
use crate::testing::{ORIGIN, World, event, run};

#[test]
fn entries_are_shown_by_their_positions() {
    run(async {
        let world = World::new(1).await;
        let error = entry_in(&world.cloud, 0).await.unwrap_err();
        assert!(matches!(error, EntriesError::Beyond { position: 0, size: 0 }), "{error}");
        world.seal(0, &[event("a")]).await;
        world.seal(0, &[event("b")]).await;
        assert_eq!(world.tick().await, 3);
        let Entry::ConfigChange(change) = entry_in(&world.cloud, 0).await.unwrap() else {
            panic!("expected a config change")
        };
        assert_eq!(change.origin, ORIGIN);
        for number in 0..2 {
            let Entry::Batch(sealed) = entry_in(&world.cloud, number + 1).await.unwrap() else {
                panic!("expected a batch")
            };
            assert_eq!((sealed.header.number, sealed.header.bundle), (number, change.bundle));
        }
        let error = entry_in(&world.cloud, 3).await.unwrap_err();
        assert!(matches!(error, EntriesError::Beyond { position: 3, size: 3 }), "{error}");
    });
}

#[test]
fn the_overview_names_each_bundle_at_its_position() {
    run(async {
        let world = World::new(2).await;
        let empty = Overview { size: 0, changes: Vec::new() };
        assert_eq!(overview_of(&world.cloud, &world.cloud).await.unwrap(), empty);
        world.seal(0, &[event("a")]).await;
        world.tick().await;
        let other = world.under([8; 32]).await;
        other.seal(1, &[event("b")]).await;
        world.seal(0, &[event("c")]).await;
        assert_eq!(world.tick().await, 3);
        let overview = overview_of(&world.cloud, &world.cloud).await.unwrap();
        let change = |position, world: &World| Change { position, bundle: world.bundle() };
        assert_eq!(
            overview,
            Overview { size: 5, changes: vec![change(0, &world), change(3, &other)] }
        );
    });
}

#[test]
fn an_event_tells_where_the_bundle_that_judged_it_was_entered() {
    run(async {
        let world = World::new(1).await;
        world.seal(0, &[event("a")]).await;
        world.tick().await;
        let other = world.under([8; 32]).await;
        other.seal(0, &[event("b")]).await;
        let shown = |id: &str| {
            let (cloud, query) = (world.cloud.clone(), id.parse().unwrap());
            async move { show_in(&cloud, &query, &ProgressBar::hidden()).await.unwrap() }
        };
        assert_eq!(shown("b").await.entered, None, "not logged yet");
        other.tick().await;
        world.seal(0, &[event("c")]).await;
        world.tick().await;
        for (id, position, world) in [("a", 0, &world), ("b", 2, &other), ("c", 0, &world)] {
            let shown = shown(id).await;
            assert_eq!(
                (shown.entered, shown.found.header.header.bundle),
                (Some(position), world.bundle())
            );
        }
        // Cursors may be gone.
        let cloud = world.fork().cloud;
        for key in cloud.operator().keys().iter().filter(|key| key.starts_with("log/cursors/")) {
            cloud.operator().delete(key);
        }
        let query = "b".parse().unwrap();
        assert_eq!(show_in(&cloud, &query, &ProgressBar::hidden()).await.unwrap().entered, None);
    });
}
