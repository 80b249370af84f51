//! Stored size, on real records.

use std::io::Write as _;
use std::path::Path;

use cairn_batch::encode;
use cairn_event::{Item, Record, Rules, transform};
use flate2::read::GzDecoder;

use crate::sample::{chain, header};

#[test]
fn real_records_take_a_fifth_of_their_json_at_most() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/cloudtrail");
    let Ok(files) = std::fs::read_dir(&folder) else {
        // Not by `eprintln!`, which the test harness keeps to itself.
        let _ = writeln!(std::io::stderr(), "skipped: no records at {}", folder.display());
        return;
    };
    let rules = Rules::with_tenant_key([7; 32]);
    let (mut raw, mut items) = (0, Vec::new());
    for (n, file) in files.enumerate() {
        let mut data = Vec::new();
        let file = std::fs::File::open(file.unwrap().path()).unwrap();
        std::io::copy(&mut GzDecoder::new(file), &mut data).unwrap();
        raw += data.len();
        let sequence = format!("{}", n + 1).parse().unwrap();
        let record = Record { sequence, arrived: "2026-01-31T12:00:00Z".parse().unwrap(), data };
        transform(&chain(), &record, &rules, &mut items);
    }
    let leaves: Vec<_> = items
        .into_iter()
        .map(|item| match item {
            Item::Event(leaf) => leaf,
            Item::Rejection(rejection) => panic!("rejected: {:?}", rejection.reason),
        })
        .collect();
    let object = encode(&header(), &leaves).unwrap();
    let percent = 100 * object.len() / raw;
    assert!(percent <= 20, "{} bytes of {raw}: {percent}%", object.len());
}
