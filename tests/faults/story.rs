//! What the cases have in common: records, how Lambda hands them over, and what must hold in the
//! end.

use cairn_batch::Row;
use cairn_store::{Objects, StoredRecord};
use cairn_tests::{Process, World};

/// How a shard's records are cut when Lambda hands them over again.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cut {
    /// The same batch.
    Same,
    /// Bisected: a part of it first.
    Shorter,
    /// With records that have arrived since.
    Longer,
}

impl Cut {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Same, Self::Shorter, Self::Longer];

    /// The batches that `records` come in, the first of which was cut at `at` before.
    pub(crate) fn batches(self, records: &[StoredRecord], at: usize) -> Vec<&[StoredRecord]> {
        let first = match self {
            Self::Same => at,
            Self::Shorter => at - 2,
            Self::Longer => at + 2,
        };
        vec![&records[..first], &records[first..]]
    }
}

/// A valid event as a producer would send it.
pub(crate) fn event(n: usize) -> String {
    serde_json::json!({
        "tenant": if n.is_multiple_of(2) { "acme" } else { "globex" },
        "time": "2026-03-01T09:30:00+01:00",
        "action": "document.share",
        "actor": { "type": "user", "id": format!("user-{n}") },
        "resource": { "type": "document", "id": "d-1" },
        "outcome": "success",
        "data": { "n": n },
    })
    .to_string()
}

/// Ten records of one shard: events, several in one record, and one that is none.
pub(crate) fn records(world: &World) -> Vec<StoredRecord> {
    (0..10)
        .map(|n| match n {
            2 => world.put(0, "this is no event"),
            5 => world.put(0, format!("[{},{}]", event(n), event(n))),
            _ => world.put(0, event(n)),
        })
        .collect()
}

/// Hands batches over as Lambda does: in order, each until it is taken, going on from the first
/// record that was not.
pub(crate) async fn deliver(process: &Process, batches: &[&[StoredRecord]]) {
    for batch in batches {
        let mut rest = *batch;
        let mut tries = 0;
        let mut last = String::new();
        while !rest.is_empty() {
            tries += 1;
            assert!(tries < 5, "the handler does not get on: {last}");
            let answer = process.ingest(0, rest).await.expect("this process does not die");
            last = format!("{answer:?}");
            match answer {
                Ok(response) => match response.failures.first() {
                    None => break,
                    Some(failure) => {
                        let from = |r: &StoredRecord| r.sequence.as_str() == failure.sequence;
                        rest = &rest[rest.iter().position(from).expect("a record of the batch")..];
                    }
                },
                Err(error) => assert!(error.to_string().contains("injected"), "{error}"),
            }
        }
    }
}

/// Each record is in the chain once, in order; and the verifier agrees.
pub(crate) async fn all_is_well(world: &World, records: &[StoredRecord], case: &str) {
    let report = world.verify().await;
    assert!(report.ok, "{case}: {:#?}", report.findings);
    assert_eq!(report.records, records.len() as u64, "{case}: records");
    assert_eq!(report.unlogged, 0, "{case}: unlogged");

    let mut sealed: Vec<String> = Vec::new();
    for row in rows(world).await {
        let sequence = row.leaf.sequence.to_string();
        if sealed.last() != Some(&sequence) {
            sealed.push(sequence);
        }
    }
    let put: Vec<String> = records.iter().map(|record| record.sequence.to_string()).collect();
    assert_eq!(sealed, put, "{case}: sealed records");
}

/// The rows of the first shard's committed batches, in order: those of its chain, and of the chains that go
/// on where one was stopped.
pub(crate) async fn rows(world: &World) -> Vec<Row> {
    use cairn_store::Table;
    let mut chain = world.chain(0).await;
    let mut rows = Vec::new();
    loop {
        for item in world.cloud.batches(&chain, 0, 1_000).await.unwrap() {
            let key = &item.header.header.key;
            let object =
                world.cloud.read_version(key, &item.version).await.unwrap().expect("an object");
            rows.extend(cairn_batch::decode(object.body, 1 << 28).unwrap().rows);
        }
        if world.cloud.chain(&chain).await.unwrap().continued.is_none() {
            return rows;
        }
        chain = chain.successor();
    }
}
