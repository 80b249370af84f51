#![allow(clippy::unwrap_used)]

use cairn_event::{Detail, LocationSource};
use cairn_store::LockMode;
use cairn_store::memory::Memory;
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::testing::run;

fn retention() -> Retention {
    let until = Timestamp::now() + SignedDuration::from_hours(24);
    Retention { mode: LockMode::Compliance, until }
}

#[test]
fn a_bundle_and_its_database_are_put_once_and_locked() {
    let database = Bytes::from_static(b"countries");
    let mut bundle = Bundle::with_tenant_key([1; 32]);
    let source = LocationSource { database: Hash::of(&database), detail: Detail::Country };
    bundle.location = Some(source);
    run(async {
        let objects = Memory::new(Timestamp::now);
        let put = || publish(&objects, &bundle, Some(database.clone()), retention());
        let published = put().await.unwrap();
        assert_eq!(published.hash, bundle.hash());
        let keys = [keys::bundle(&source.database), keys::bundle(&bundle.hash())];
        assert_eq!(published.created, keys);
        for key in &keys {
            let object = objects.read(key).await.unwrap().unwrap();
            assert!(object.retention.is_some(), "{key} is not locked");
        }
        assert_eq!(put().await.unwrap().created, Vec::<String>::new());
    });
}

#[test]
fn another_object_under_the_name_is_not_taken_for_the_bundle() {
    let bundle = Bundle::with_tenant_key([1; 32]);
    run(async {
        let objects = Memory::new(Timestamp::now);
        let key = keys::bundle(&bundle.hash());
        objects.create(&key, Bytes::from_static(b"{}"), None).await.unwrap();
        let refused = publish(&objects, &bundle, None, retention()).await;
        assert!(matches!(refused, Err(PublishError::Altered { .. })), "{refused:?}");
    });
}

#[test]
fn a_bundle_is_not_put_without_the_database_that_it_names() {
    let bundle = Bundle::with_tenant_key([1; 32]);
    let mut named = bundle.clone();
    named.location =
        Some(LocationSource { database: Hash::of(b"countries"), detail: Detail::Region });
    run(async {
        let objects = Memory::new(Timestamp::now);
        for (bundle, database) in
            [(&named, None), (&named, Some("towns")), (&bundle, Some("countries"))]
        {
            let refused = publish(&objects, bundle, database.map(Bytes::from), retention()).await;
            assert!(matches!(refused, Err(PublishError::Database { .. })), "{refused:?}");
        }
        assert_eq!(objects.list("", None, 10).await.unwrap(), Vec::<String>::new());
    });
}
