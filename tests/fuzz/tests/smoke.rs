//! Every target, for some seconds, on every test run.

use std::path::Path;

use cairn_fuzz::{TARGETS, smoke};

/// More than any target takes, bombs included.
const MOST_RESIDENT: u64 = 1 << 30;

#[test]
fn nothing_breaks_the_parsers() {
    let failed = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
    for target in &TARGETS {
        let mutations = if target.name == "archive" { 300 } else { 3_000 };
        smoke::run(target, mutations, &failed);
        match smoke::most_resident() {
            None => println!("skipped: memory is read from Linux's /proc"),
            Some(bytes) => {
                println!("{}: {} MiB at most so far", target.name, bytes >> 20);
                assert!(bytes < MOST_RESIDENT, "{}: {bytes} bytes resident", target.name);
            }
        }
    }
}
