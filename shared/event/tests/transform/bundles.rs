//! Config bundles.

use cairn_event::{Bundle, Limits};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{bundle, with};

fn canonical(value: &Value) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value).unwrap()
}

proptest! {
    #[test]
    fn a_bundle_is_read_back_as_it_was_written(
        decoded_bytes in 1..=64_u64 << 20,
        depth in 1..=Limits::MAX_DEPTH,
        events in 1_u32..,
        values in 1_u32..,
        tenant_key: [u8; 32],
    ) {
        let limits = Limits { decoded_bytes, depth, events, values };
        let bundle = Bundle { limits, tenant_key };
        let json = bundle.to_json();
        let value: Value = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(canonical(&value), json.as_bytes());
        prop_assert_eq!(Bundle::parse(json.as_bytes()).unwrap(), bundle);
    }
}

#[test]
fn any_other_bytes_are_refused() {
    let good: Value = serde_json::from_str(&bundle().to_json()).unwrap();
    assert!(Bundle::parse(&canonical(&good)).is_ok());
    for (pointer, value) in [
        ("/kind", Some(json!("batch"))),
        ("/kind", None),
        ("/version", Some(json!(2))),
        ("/more", Some(json!(1))),
        ("/tenant_key", Some(json!("07"))),
        ("/tenant_key", Some(json!("AB".repeat(32)))),
        ("/tenant_key", Some(json!("zz".repeat(32)))),
        ("/limits/depth", Some(json!(0))),
        ("/limits/depth", Some(json!(129))),
        ("/limits/depth", None),
        ("/limits/events", Some(json!(0))),
        ("/limits/values", Some(json!(0))),
        ("/limits/decoded_bytes", Some(json!(0))),
        ("/limits/decoded_bytes", Some(json!((64_u64 << 20) + 1))),
        ("/limits/more", Some(json!(1))),
    ] {
        let bytes = canonical(&with(good.clone(), pointer, value));
        assert!(Bundle::parse(&bytes).is_err(), "{pointer}");
    }
    let json = bundle().to_json();
    for bytes in [format!("{json}\n"), format!(" {json}"), json.replace(':', ": "), String::new()] {
        assert!(Bundle::parse(bytes.as_bytes()).is_err());
    }
}

#[test]
fn the_tenant_key_stays_out_of_debug_output() {
    let shown = format!("{:?}", bundle());
    assert!(shown.contains("limits") && !shown.contains("tenant_key"), "{shown}");
}
