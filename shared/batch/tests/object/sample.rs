//! Rows to write.

use cairn_batch::Row;
use cairn_event::{EventColumns, Item, Leaf, Record, Rules, transform};
use cairn_ledger::{BatchHeader, ChainId, Counts, Hash, Lineage};
use jiff::Timestamp;
use proptest::option;
use proptest::prelude::*;

pub fn chain() -> ChainId {
    "audit/20260131T120000Z/shardId-000000000007".parse().unwrap()
}

pub fn header() -> BatchHeader {
    BatchHeader {
        origin: "audit.example.com/test".into(),
        chain: chain(),
        number: 42,
        lineage: Lineage::Previous(Hash::leaf(b"previous")),
        root: Hash::leaf(b"root"),
        counts: Counts { events: 5, records: 3, rejections: 1 },
        tenants: Hash::leaf(b"tenants"),
        first: "100".parse().unwrap(),
        last: "200".parse().unwrap(),
        arrived: ["2026-01-31T12:00:00.000Z".into(), "2026-01-31T12:00:01.000Z".into()],
        bundle: Hash::leaf(b"bundle"),
        transform: "cairn/1".into(),
        key: cairn_batch::keys::batch(&chain(), 42),
    }
}

/// Leaves as ingest makes them: five events and a rejection.
pub fn real_leaves() -> Vec<Leaf> {
    let event = |n: u32, more: &str| {
        format!(
            r#"{{"tenant":"tenant-{}","time":"2026-01-31T13:00:0{n}+01:00","action":"document.share","actor":{{"type":"user","id":"u-{n}","session":"s-1"}},"resource":{{"type":"document","id":"d-{n}"}},"outcome":"success"{more}}}"#,
            n % 2
        )
    };
    let records = [
        event(1, r#","source":{"ip":"203.0.113.7"}"#),
        format!(
            "[{},{}]",
            event(2, ""),
            event(3, r#","id":"01944f3c-5b2a-7c3e-8a55-0e6a3b1f2c4d""#)
        ),
        "no event".to_owned(),
        event(4, r#","trace":{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}"#),
        event(5, r#","data":{"text":"Zoë 🚀"}"#),
    ];
    let rules = Rules::with_tenant_key([7; 32]);
    let mut items = Vec::new();
    for (n, data) in records.iter().enumerate() {
        let record = Record {
            sequence: format!("4959033827149025660855969253836157109592157598913658{n:04}")
                .parse()
                .unwrap(),
            arrived: Timestamp::from_millisecond(1_769_860_800_000 + n as i64).unwrap(),
            data: data.clone().into_bytes(),
        };
        transform(&chain(), &record, &rules, &mut items);
    }
    let leaf = |item| match item {
        Item::Event(leaf) => leaf,
        Item::Rejection(rejection) => rejection.leaf(&chain(), &[9; 32], &Hash::of(b"quarantine")),
    };
    items.into_iter().map(leaf).collect()
}

/// Any number of events, their actors and resources as told.
pub fn leaves(count: usize, words: impl Fn(usize) -> (String, String)) -> Vec<Leaf> {
    let leaf = |n| {
        let (actor_id, resource_id) = words(n);
        Leaf {
            bytes: format!("{n}:{actor_id}").repeat(8).into_bytes(),
            sequence: (n + 1).to_string().parse().unwrap(),
            arrived: Timestamp::from_millisecond(1_769_860_800_000 + n as i64).unwrap(),
            event: Some(EventColumns {
                actor_id: actor_id.into(),
                resource_id: resource_id.into(),
                ..EventColumns::default()
            }),
        }
    };
    (0..count).map(leaf).collect()
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[ab]", "[a-z]{0,8}", ".{0,300}"]
}

fn columns() -> impl Strategy<Value = EventColumns> {
    let needed = (any::<i64>(), text(), text(), text(), text(), text(), text(), text(), text());
    let optional = (option::of(text()), option::of(text()), option::of(text()));
    (needed, optional).prop_map(|(needed, (source_ip, session, trace_id))| {
        let (time, tenant, actor_type, actor_id, action, resource_type, resource_id, outcome, id) =
            needed;
        EventColumns {
            time,
            tenant: tenant.into(),
            actor_type: actor_type.into(),
            actor_id: actor_id.into(),
            action: action.into(),
            resource_type: resource_type.into(),
            resource_id: resource_id.into(),
            outcome: outcome.into(),
            source_ip: source_ip.map(Into::into),
            session: session.map(Into::into),
            trace_id: trace_id.map(Into::into),
            id: id.into(),
        }
    })
}

prop_compose! {
    fn row()(
        event in ".{64,400}",
        sequence in "[1-9][0-9]{0,60}",
        arrived in 0..4_000_000_000_000_000i64,
        columns in option::weighted(0.8, columns()),
        chain in text(),
        number in any::<i64>(),
        index in any::<i64>(),
        private in option::of(prop::collection::vec(any::<u8>(), 0..50)),
        key_id in option::of(text()),
    ) -> Row {
        let leaf = Leaf {
            bytes: event.into_bytes(),
            sequence: sequence.parse().unwrap(),
            arrived: Timestamp::from_microsecond(arrived).unwrap(),
            event: columns,
        };
        Row { leaf, chain, number, index, private, key_id }
    }
}

pub fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec(row(), 0..40)
}
