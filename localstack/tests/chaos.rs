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
        withhold: false,
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

/// What is counted and was never put is lost: the account says so, and keeps what there is to look into.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loss_is_found_out() {
    let options = Options {
        length: Duration::from_secs(2),
        seed: 1,
        shards: 1,
        rate: 40,
        faults: false,
        withhold: true,
        profile: Profile::default(),
    };
    let report = chaos::run(&options, &ProgressBar::hidden()).await.unwrap();
    assert!(!report.is_fine(), "{report:#?}");
    let account = &report.account;
    assert!(account.lost > 0 && account.put.events == account.sealed + account.lost, "{account:?}");
    assert_eq!((account.duplicated, account.invented, account.forks), (0, 0, 0));
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let folder = report.folder.unwrap();
    assert!(folder.join("archive/log/checkpoint").is_dir(), "{}", folder.display());
    std::fs::remove_dir_all(folder).unwrap();
}
