//! Real CloudTrail delivery files, where a checkout has them beside it.

use std::io::Read;
use std::path::Path;

use cairn_event::{Item, Leaf};

use crate::support::items;

/// The delivery files, gzipped as they come; `None`, said aloud, where there are none.
fn files() -> Option<Vec<Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/cloudtrail");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: no CloudTrail records at {}", folder.display());
        return None;
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    Some(paths.iter().map(|path| std::fs::read(path).unwrap()).collect())
}

fn leaves(data: Vec<u8>) -> Vec<Leaf> {
    let leaf = |item| match item {
        Item::Event(leaf) => leaf,
        Item::Rejection(rejection) => panic!("rejected: {:?}", rejection.reason),
    };
    items(data).into_iter().map(leaf).collect()
}

#[test]
fn every_record_becomes_an_event() {
    let Some(files) = files() else { return };
    let mut total = 0;
    for file in files {
        for leaf in leaves(file) {
            total += 1;
            assert_eq!(Leaf::parse(&leaf.bytes).unwrap(), leaf);
            let value: serde_json::Value = serde_json::from_slice(&leaf.bytes).unwrap();
            assert_eq!(serde_json_canonicalizer::to_vec(&value).unwrap(), leaf.bytes);
        }
    }
    assert_eq!(total, 2093);
}

#[test]
fn the_source_record_is_kept_whole() {
    let Some(files) = files() else { return };
    for file in files {
        let mut text = String::new();
        flate2::read::MultiGzDecoder::new(&file[..]).read_to_string(&mut text).unwrap();
        let sent: serde_json::Value = serde_json::from_str(&text).unwrap();
        for (leaf, sent) in leaves(file).iter().zip(sent["Records"].as_array().unwrap()) {
            let sealed: serde_json::Value = serde_json::from_slice(&leaf.bytes).unwrap();
            assert_eq!(&sealed["data"], sent);
        }
    }
}
