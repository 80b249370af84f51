//! The protocols hold in every state of the small models, and whatever breaks them is found out.

use cairn_model::{check, ingest, log};

#[test]
fn the_protocol_of_chains_holds() {
    for bounds in ingest::Bounds::short() {
        let report = check(ingest::Model::new(bounds.clone(), None), false);
        assert!(report.broken.is_empty(), "{bounds}: {report:#?}");
        println!("{bounds}: {} states, {} deep", report.unique, report.depth);
    }
}

#[test]
fn the_protocol_of_the_log_holds() {
    for bounds in log::Bounds::short() {
        let report = check(log::Model::new(bounds.clone(), None), false);
        assert!(report.broken.is_empty(), "{bounds}: {report:#?}");
        println!("{bounds}: {} states, {} deep", report.unique, report.depth);
    }
}

#[test]
fn a_broken_protocol_of_chains_is_found_out() {
    for mutation in ingest::Mutation::ALL {
        let report = check(ingest::Model::new(mutation.bounds(), Some(mutation)), true);
        assert!(!report.broken.is_empty(), "{mutation:?}");
        let whole = check(ingest::Model::new(mutation.bounds(), None), false);
        assert!(whole.broken.is_empty(), "{mutation:?}: {whole:#?}");
    }
}

#[test]
fn a_broken_protocol_of_the_log_is_found_out() {
    for mutation in log::Mutation::ALL {
        let report = check(log::Model::new(mutation.bounds(), Some(mutation)), true);
        assert!(!report.broken.is_empty(), "{mutation:?}");
        let whole = check(log::Model::new(mutation.bounds(), None), false);
        assert!(whole.broken.is_empty(), "{mutation:?}: {whole:#?}");
    }
}
