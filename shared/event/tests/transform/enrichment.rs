//! What is added to events.

use cairn_event::{Leaf, Rules, RulesError};
use cairn_ledger::Hash;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::schemas::{bundle_with, rules_with};
use crate::support::*;

pub(crate) fn database() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/location.mmdb");
    std::fs::read(path).unwrap()
}

/// `location` of a bundle that names the database for tests.
pub(crate) fn location(detail: &str) -> Value {
    json!({"database": Hash::of(&database()).to_string(), "detail": detail})
}

fn located(detail: &str) -> Rules {
    let bundle = bundle_with(json!({"location": location(detail)}));
    Rules::new(bundle, Some(database().into())).unwrap()
}

/// `enrichment` of the smallest event with these members.
fn enriched(rules: &Rules, members: Value) -> Value {
    let mut event = smallest();
    for (name, value) in members.as_object().unwrap() {
        event[name] = value.clone();
    }
    let leaf = event_by(rules, event.to_string());
    assert_eq!(Leaf::parse(&leaf.bytes).unwrap(), leaf);
    json(&leaf)["enrichment"].clone()
}

fn from(ip: &str) -> Value {
    json!({"source": {"ip": ip}})
}

#[test]
fn an_address_tells_its_country_and_if_asked_its_region() {
    let (country, region) = (located("country"), located("region"));
    for (ip, of_country, of_region) in [
        ("192.0.2.1", json!({"country": "DE"}), json!({"country": "DE", "region": "DE-BE"})),
        ("198.51.100.1", json!({"country": "US"}), json!({"country": "US", "region": "US-CA"})),
        ("198.51.100.129", json!({"country": "GB"}), json!({"country": "GB"})),
        ("2001:db8::7", json!({"country": "JP"}), json!({"country": "JP", "region": "JP-13"})),
        ("::ffff:192.0.2.1", json!({"country": "DE"}), json!({"country": "DE", "region": "DE-BE"})),
        // A region that the standard has not is none, and neither is such a country.
        ("203.0.113.200", json!({"country": "FR"}), json!({"country": "FR"})),
    ] {
        assert_eq!(enriched(&country, from(ip)), json!({"location": of_country}), "{ip}");
        assert_eq!(enriched(&region, from(ip)), json!({"location": of_region}), "{ip}");
    }
    for ip in ["203.0.113.1", "10.0.0.1", "::1", "2001:db9::1"] {
        assert_eq!(enriched(&region, from(ip)), Value::Null, "{ip}");
    }
    assert_eq!(enriched(&region, json!({})), Value::Null);
}

#[test]
fn a_database_must_be_the_one_that_the_bundle_names() {
    let named = bundle_with(json!({"location": location("country")}));
    let mut other = database();
    *other.last_mut().unwrap() ^= 1;
    for given in [None, Some(other.into())] {
        let error = Rules::new(named.clone(), given).unwrap_err();
        assert!(matches!(error, RulesError::Database { .. }), "{error}");
    }
    let unasked = Rules::new(bundle(), Some(database().into())).unwrap_err();
    assert!(matches!(unasked, RulesError::Database { .. }), "{unasked}");
    let text = b"no database".to_vec();
    let location = json!({"database": Hash::of(&text).to_string(), "detail": "country"});
    let error = Rules::new(bundle_with(json!({"location": location})), Some(text.into()));
    assert!(matches!(error, Err(RulesError::Format(_))));
}

#[test]
fn the_directory_tells_roles_of_a_tenants_actor() {
    let rules = rules_with(json!({"directory": {
        "acme": {"user:u-17": {"roles": ["owner", "b\\\"c"]}, "user:a:b": {"roles": ["x"]}},
        "globex": {"user:u-18": {"roles": ["y"]}},
    }}));
    let actor = |kind: &str, id: &str| json!({"actor": {"type": kind, "id": id}});
    assert_eq!(enriched(&rules, json!({})), json!({"roles": ["owner", "b\\\"c"]}));
    assert_eq!(enriched(&rules, actor("user", "a:b")), json!({"roles": ["x"]}));
    for other in [
        json!({"tenant": "globex"}),
        json!({"tenant": "initech"}),
        actor("user", "u-18"),
        actor("service", "u-17"),
        // Not to be taken for the user `a:b`.
        actor("user:a", "b"),
    ] {
        assert_eq!(enriched(&rules, other.clone()), Value::Null, "{other}");
    }
    // What the producer says of roles stands apart.
    let said = json!({"actor": {"type": "user", "id": "u-17", "roles": ["guest"]}});
    let leaf =
        event_by(&rules, with(smallest(), "/actor", Some(said["actor"].clone())).to_string());
    assert_eq!(json(&leaf)["actor"]["roles"], json!(["guest"]));
    assert_eq!(json(&leaf)["enrichment"]["roles"], json!(["owner", "b\\\"c"]));
}

const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
                      (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

#[test]
fn a_user_agent_tells_the_device() {
    let rules = rules_with(json!({"device": true}));
    let agent = |text: &str| json!({"source": {"user_agent": text}});
    let chrome = json!({"device": {
        "kind": "pc", "name": "Chrome", "os": "Windows 10", "os_version": "NT 10.0",
        "version": "126.0.0.0",
    }});
    assert_eq!(enriched(&rules, agent(CHROME)), chrome);
    let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 \
                 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";
    let iphone = json!({"device": {
        "kind": "smartphone", "name": "Safari", "os": "iPhone", "os_version": "17.5",
        "version": "17.5",
    }});
    assert_eq!(enriched(&rules, agent(phone)), iphone);
    for unknown in ["", "-", "aws-cli/2.17", "\u{0}\u{10ffff}"] {
        assert_eq!(enriched(&rules, agent(unknown)), Value::Null, "{unknown}");
    }
    // No free text of what was sent: only what the library's table has, digits and dots.
    let evil = "Mozilla/5.0 (X11; FreeBSD secret; rv:1.0) Gecko/20100101 Firefox/1.0";
    let found = enriched(&rules, agent(evil));
    assert!(found["device"]["os"] == "BSD" && !found.to_string().contains("secret"), "{found}");
    assert_eq!(enriched(&rules, agent(&format!("{CHROME}{}", " ".repeat(2048)))), Value::Null);
    assert_eq!(enriched(&rules_with(json!({})), agent(CHROME)), Value::Null);
}

#[test]
fn other_peoples_records_are_enriched_too() {
    let bundle = bundle_with(json!({
        "device": true,
        "location": location("region"),
        "directory": {"111122223333": {"Root:111122223333": {"roles": ["root"]}}},
    }));
    let rules = Rules::new(bundle, Some(database().into())).unwrap();
    let record = json!({
        "eventVersion": "1.08", "eventID": "e-1", "eventTime": "2026-01-31T22:59:58Z",
        "eventSource": "s3.amazonaws.com", "eventName": "GetObject", "userAgent": CHROME,
        "sourceIPAddress": "192.0.2.7", "recipientAccountId": "111122223333",
        "userIdentity": {"type": "Root", "accountId": "111122223333", "principalId": "111122223333"},
    });
    let leaf = event_by(&rules, record.to_string());
    assert_eq!(Leaf::parse(&leaf.bytes).unwrap(), leaf);
    let sealed = json(&leaf);
    assert_eq!(sealed["data"], record);
    let enrichment = &sealed["enrichment"];
    assert_eq!(enrichment["location"]["region"], "DE-BE", "{sealed}");
    assert_eq!(enrichment["device"]["name"], "Chrome");
}

#[test]
fn producers_cannot_send_what_cairn_adds() {
    for name in ["enrichment", "redacted"] {
        let sent = with(smallest(), &format!("/{name}"), Some(json!({"roles": ["owner"]})));
        let rejection = rejection(sent.to_string());
        assert_eq!(rejection.reason.code, "field.reserved");
        assert_eq!(rejection.reason.pointer.unwrap(), format!("/{name}"));
    }
}

/// Parts that the library's patterns look for, in any order.
fn agents() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "Mozilla/5.0 (",
        "Windows NT 10.0",
        "Windows Phone OS 7.5",
        "Windows ",
        "; ",
        ")",
        "MSIE ",
        "Trident/7.0;",
        " rv:",
        "Chrome/",
        "CriOS/",
        "Safari",
        "Version/",
        "Firefox/",
        "OPR/",
        "Opera",
        "Opera Mini",
        "Edge/",
        "iPhone",
        "iPad;",
        "like Mac OS X",
        "CPU iPhone OS 1_2",
        "Android ",
        "BlackBerry9000/",
        "BB10 Version/1 ",
        "PlayStation 4 ",
        "PSP (PlayStation Portable); ",
        "DoCoMo/2.0 ",
        "(c100;FOMA;",
        "KDDI-",
        "SoftBank/1.0/",
        "WILLCOM;x/",
        "jig browser; ",
        "FreeBSD ",
        "CrOS ",
        "Googlebot",
        "bot/",
        "rss reader",
        "HttpClient/",
        "PHP/",
        "Nintendo Wii;",
        "Xbox",
        "PPC; rv:1.2.3",
        "UP.Browser",
        "livedoorCheckers/",
        "1.2.3",
        "_",
        "\u{e9}",
        "\0",
    ]);
    prop::collection::vec(parts, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_user_agent_makes_trouble(agent in prop_oneof![agents(), "\\PC{0,200}", ".{0,60}"]) {
        let rules = rules_with(json!({"device": true}));
        let sent = with(smallest(), "/source", Some(json!({"user_agent": agent})));
        let leaf = event_by(&rules, sent.to_string());
        prop_assert_eq!(&event_by(&rules, sent.to_string()), &leaf);
        prop_assert_eq!(Leaf::parse(&leaf.bytes).unwrap(), leaf);
    }
}

#[test]
fn additions_of_another_form_are_no_leaf() {
    let rules = Rules::new(
        bundle_with(json!({
            "device": true,
            "location": location("region"),
            "directory": {"acme": {"user:u-17": {"roles": ["owner"]}}},
            "redaction": [
                {"pointer": "/data/n", "action": "remove"},
                {"pointer": "/reason", "action": "mask"},
            ],
        })),
        Some(database().into()),
    )
    .unwrap();
    let sent = with(fullest(), "/source/user_agent", Some(json!(CHROME)));
    let base = json(&event_by(&rules, sent.to_string()));
    let canonical = |value: &Value| serde_json_canonicalizer::to_vec(value).unwrap();
    assert!(Leaf::parse(&canonical(&base)).is_ok());
    let place = |pointer: &str| json!({"action": "masked", "pointer": pointer, "rule": "pointer"});
    for (pointer, value) in [
        ("/enrichment", Some(json!({}))),
        ("/enrichment", Some(json!([]))),
        ("/enrichment", Some(json!({"more": 1}))),
        ("/enrichment/roles", Some(json!([]))),
        ("/enrichment/roles", Some(json!([""]))),
        ("/enrichment/roles", Some(json!("owner"))),
        ("/enrichment/location", Some(json!({}))),
        ("/enrichment/location/country", Some(json!("Germany"))),
        ("/enrichment/location/region", Some(json!("US-CA"))),
        ("/enrichment/location/region", Some(json!("JP-kanto"))),
        ("/enrichment/location/city", Some(json!("Tokyo"))),
        ("/enrichment/device", Some(json!({}))),
        ("/enrichment/device/more", Some(json!("x"))),
        ("/enrichment/device/os", Some(json!(1))),
        ("/enrichment/device/version", Some(json!("one"))),
        ("/redacted", Some(json!([]))),
        ("/redacted", Some(json!({}))),
        ("/redacted", Some(json!([place("data")]))),
        ("/redacted", Some(json!([place("/b"), place("/a")]))),
        ("/redacted", Some(json!([place("/a"), place("/a")]))),
        ("/redacted", Some(json!([place(&format!("/{}", "a".repeat(1024)))]))),
        ("/redacted", Some((0..101).map(|n| place(&format!("/{n:03}"))).collect())),
        ("/redacted/0/action", Some(json!("hidden"))),
        ("/redacted/0/rule", Some(json!("guess"))),
        ("/redacted/0/rule", None),
        ("/redacted/0/more", Some(json!(1))),
    ] {
        let bytes = canonical(&with(base.clone(), pointer, value.clone()));
        let error = Leaf::parse(&bytes).expect_err(&format!("{pointer}: {value:?}")).to_string();
        let named = pointer.split('/').nth(1).unwrap();
        assert!(error.contains(named), "{pointer}: {error}");
    }
    let hundred: Value = (0..100).map(|n| place(&format!("/{n:03}"))).collect();
    let leaf = with(base, "/redacted", Some(hundred));
    assert!(Leaf::parse(&canonical(&leaf)).is_ok());
}
