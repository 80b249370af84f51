//! The short form of `cargo local chaos`.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use cairn_local::build::Profile;
use cairn_local::chaos::{self, Kind, Options};
use indicatif::ProgressBar;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_while_everything_fails() {
    let options = Options {
        length: Duration::from_secs(24),
        seed: 7,
        shards: 3,
        rate: 100,
        faults: true,
        profile: Profile::default(),
    };
    let report = chaos::run(&options, &ProgressBar::hidden()).await.unwrap();
    assert!(report.is_fine(), "{report:#?}");
    assert!(report.account.put.events > 500, "{:?}", report.account);
    assert!(report.account.put.bad > 0, "{:?}", report.account);
    assert_eq!(report.recovery.rounds, 2);
    for kind in Kind::ALL {
        assert!(report.faults.contains_key(&kind), "{kind:?} never struck: {:?}", report.faults);
    }
}
