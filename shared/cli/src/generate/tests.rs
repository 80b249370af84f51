#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::*;

fn values(options: &Options) -> Vec<Value> {
    generate(options).map(|event| serde_json::from_str(&event.json).unwrap()).collect()
}

#[test]
fn the_same_options_make_the_same_bytes() {
    let options = Options { events: 3_000, ..Options::default() };
    let one: Vec<_> = generate(&options).collect();
    assert_eq!(one, generate(&options).collect::<Vec<_>>());
    let other: Vec<_> = generate(&Options { seed: 2, ..options }).collect();
    assert_ne!(one, other);
}

#[test]
fn there_are_as_many_events_as_were_asked_for() {
    for events in [0, 1, 99, 100, 101, 1_000, 4_321] {
        let options = Options { events, ..Options::default() };
        let ids: BTreeSet<_> = generate(&options).map(|event| event.id).collect();
        assert_eq!(ids.len() as u64, events);
    }
}

#[test]
fn time_never_runs_backwards() {
    let times: Vec<Timestamp> = values(&Options { events: 5_000, ..Options::default() })
        .iter()
        .map(|event| event["time"].as_str().unwrap().parse().unwrap())
        .collect();
    let span = times[times.len() - 1].duration_since(times[0]);
    assert!(times.is_sorted());
    assert!(
        span > SignedDuration::from_hours(20) && span < SignedDuration::from_hours(28),
        "{span}"
    );
}

#[test]
fn no_beginning_is_too_late_or_too_early() {
    assert_eq!(LATEST.to_string(), "9999-12-27T00:00:00Z");
    for start in [Timestamp::MAX, LATEST, Timestamp::MIN] {
        for events in [1, 2, 3, 150] {
            for seed in 0..20 {
                let options = Options { seed, events, start, ..Options::default() };
                assert_eq!(generate(&options).count() as u64, events);
            }
        }
    }
}

#[test]
fn the_incident_can_be_followed_by_its_address() {
    let events = values(&Options::default());
    let thief: Vec<_> = events.iter().filter(|e| e["source"]["ip"] == "203.0.113.66").collect();
    let actions: Vec<_> = thief.iter().map(|e| e["action"].as_str().unwrap()).collect();
    let mut told = actions.clone();
    told.dedup();
    let expected = [
        "auth.login",
        "auth.mfa.reset",
        "role.grant",
        "document.search",
        "document.export",
        "apikey.create",
        "document.export",
        "alert_rule.delete",
        "audit_trail.delete",
        "auth.logout",
    ];
    assert_eq!(told, expected);
    assert!(actions.iter().filter(|&&action| action == "document.export").count() > 8);
    assert!(thief.iter().all(|e| e["tenant"] == "nordwind-bank"));
    let told: Vec<_> =
        generate(&Options::default()).filter(|event| event.story.is_some()).collect();
    assert_eq!(told.len(), thief.len() + 4, "the admin's four steps follow");
}

#[test]
fn every_producer_counts_without_gaps() {
    let mut counters: BTreeMap<String, u64> = BTreeMap::new();
    for event in values(&Options { events: 2_000, ..Options::default() }) {
        let producer = &event["producer"];
        let next = counters.entry(producer["id"].as_str().unwrap().to_owned()).or_default();
        assert_eq!(producer["seq"], *next);
        *next += 1;
    }
    assert_eq!(counters.len(), 4);
}

#[test]
fn every_tenant_works_and_keeps_to_itself() {
    let options = Options { events: 5_000, tenants: 12, ..Options::default() };
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for event in values(&options) {
        if event["actor"]["type"] == "user" {
            let tenant = seen.entry(event["tenant"].as_str().unwrap().to_owned()).or_default();
            tenant.insert(event["actor"]["id"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(seen.len(), 12);
    let people: usize = seen.values().map(BTreeSet::len).sum();
    assert_eq!(people, seen.values().flatten().collect::<BTreeSet<_>>().len());
}

#[test]
fn every_event_is_one_that_cairn_seals() {
    let chain = "events/20260131T235959Z/shardId-000000000000".parse().unwrap();
    let rules = cairn_event::Rules::with_tenant_key([9; 32]);
    for seed in 0..4 {
        for event in generate(&Options { seed, events: 3_000, tenants: 11, ..Options::default() }) {
            let record = cairn_event::Record {
                sequence: "1".parse().unwrap(),
                arrived: Timestamp::UNIX_EPOCH,
                data: event.json.clone().into_bytes(),
            };
            let mut items = Vec::new();
            cairn_event::transform(&chain, &record, &rules, &mut items);
            let [cairn_event::Item::Event(leaf)] = &items[..] else {
                panic!("{}: {items:?}", event.json);
            };
            assert_eq!(leaf.event.as_ref().unwrap().id, event.id);
        }
    }
}
