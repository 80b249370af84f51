//! What Object Lock promises.

use std::future::Future;

use jiff::{SignedDuration, Timestamp};

use super::{Ground, assert_refused};
use crate::objects::whole_second_after;
use crate::{LockMode, Objects, Retention, StoreResult, VersionId};

/// What somebody with ordinary rights (no bypass of governance) does to objects, which no function
/// of Cairn ever does.
pub trait LockProbe {
    /// Deletes the object at a key without naming a version: S3 puts a delete marker.
    fn delete(&self, key: &str) -> impl Future<Output = StoreResult<()>> + Send;

    /// Deletes a version.
    fn delete_version(
        &self,
        key: &str,
        version: &VersionId,
    ) -> impl Future<Output = StoreResult<()>> + Send;

    /// Changes the retention of a version.
    fn retain(
        &self,
        key: &str,
        version: &VersionId,
        retention: Retention,
    ) -> impl Future<Output = StoreResult<()>> + Send;
}

/// The promises of [`Objects`] about locks.
pub async fn locks<O: Objects, P: LockProbe>(store: &O, probe: &P, ground: &Ground) {
    for mode in [LockMode::Compliance, LockMode::Governance] {
        a_lock_is_reported(store, ground, mode).await;
        a_locked_version_cannot_be_deleted(store, probe, ground, mode).await;
        a_lock_can_only_grow(store, probe, ground, mode).await;
    }
    a_lock_that_is_over_is_refused(store, ground).await;
    an_unlocked_version_can_be_deleted(store, probe, ground).await;
    a_delete_marker_hides_but_does_not_delete(store, probe, ground).await;
}

fn until(ground: &Ground, hours: i64) -> Timestamp {
    whole_second_after(ground.now + SignedDuration::from_hours(hours))
}

async fn a_lock_is_reported(store: &impl Objects, ground: &Ground, mode: LockMode) {
    let key = ground.key(&format!("locks/{mode:?}/reported"));
    // Less than a second more: the lock may be longer than asked for, never shorter.
    let wanted = until(ground, 24) + SignedDuration::from_nanos(1);
    let retention = Some(Retention { mode, until: wanted });
    let version = store.create(&key, "1".into(), retention).await.unwrap();
    let expected = Some(Retention { mode, until: whole_second_after(wanted) });
    assert_eq!(store.read(&key).await.unwrap().unwrap().retention, expected);
    assert_eq!(store.read_version(&key, &version).await.unwrap().unwrap().retention, expected);
}

async fn a_locked_version_cannot_be_deleted(
    store: &impl Objects,
    probe: &impl LockProbe,
    ground: &Ground,
    mode: LockMode,
) {
    let key = ground.key(&format!("locks/{mode:?}/kept"));
    let retention = Some(Retention { mode, until: until(ground, 24) });
    let version = store.create(&key, "kept".into(), retention).await.unwrap();
    assert_refused(probe.delete_version(&key, &version).await);
    let found = store.read(&key).await.unwrap().expect("it is still there");
    assert_eq!((&found.body[..], found.version), (&b"kept"[..], version));
}

async fn a_lock_can_only_grow(
    store: &impl Objects,
    probe: &impl LockProbe,
    ground: &Ground,
    mode: LockMode,
) {
    let key = ground.key(&format!("locks/{mode:?}/grows"));
    let held = Retention { mode, until: until(ground, 24) };
    let version = store.create(&key, "1".into(), Some(held)).await.unwrap();
    let shorter = Retention { mode, until: until(ground, 23) };
    assert_refused(probe.retain(&key, &version, shorter).await);
    if mode == LockMode::Compliance {
        let weaker = Retention { mode: LockMode::Governance, until: held.until };
        assert_refused(probe.retain(&key, &version, weaker).await);
    }
    assert_eq!(store.read(&key).await.unwrap().unwrap().retention, Some(held));
    let longer = Retention { mode, until: until(ground, 25) };
    probe.retain(&key, &version, longer).await.unwrap();
    assert_eq!(store.read(&key).await.unwrap().unwrap().retention, Some(longer));
    assert_refused(probe.retain(&key, &version, held).await);
}

async fn a_lock_that_is_over_is_refused(store: &impl Objects, ground: &Ground) {
    let key = ground.key("locks/over");
    let retention = Retention { mode: LockMode::Governance, until: until(ground, -24) };
    assert_refused(store.create(&key, "1".into(), Some(retention)).await);
    assert!(store.read(&key).await.unwrap().is_none());
}

async fn an_unlocked_version_can_be_deleted(
    store: &impl Objects,
    probe: &impl LockProbe,
    ground: &Ground,
) {
    let key = ground.key("locks/none");
    let version = store.create(&key, "1".into(), None).await.unwrap();
    probe.delete_version(&key, &version).await.unwrap();
    assert!(store.read(&key).await.unwrap().is_none());
    assert!(store.read_version(&key, &version).await.unwrap().is_none());
    assert_eq!(store.versions(&key).await.unwrap(), []);
}

async fn a_delete_marker_hides_but_does_not_delete(
    store: &impl Objects,
    probe: &impl LockProbe,
    ground: &Ground,
) {
    let key = ground.key("locks/hidden");
    let retention = Retention { mode: LockMode::Governance, until: until(ground, 24) };
    let version = store.create(&key, "hidden".into(), Some(retention)).await.unwrap();
    probe.delete(&key).await.unwrap();
    assert!(store.read(&key).await.unwrap().is_none());
    assert_eq!(store.list(&key, None, 10).await.unwrap(), [""; 0]);
    let found = store.read_version(&key, &version).await.unwrap().expect("the version stays");
    assert_eq!(&found.body[..], b"hidden");

    let listed = store.versions(&key).await.unwrap();
    assert_eq!(listed.len(), 2, "{listed:?}");
    let [marker, hidden] = &listed[..] else { unreachable!("there are two") };
    assert!(marker.delete_marker && marker.latest && marker.size == 0, "{marker:?}");
    assert!(!hidden.delete_marker && !hidden.latest && hidden.size == 6, "{hidden:?}");
    assert_eq!(hidden.version, version);
    assert!(store.read_version(&key, &marker.version).await.unwrap().is_none());

    // Nothing is current, so the key is free: why whoever adopts an object looks at its versions.
    let again = store.create(&key, "again".into(), None).await.unwrap();
    assert_eq!(store.read(&key).await.unwrap().unwrap().version, again);
    let listed = store.versions(&key).await.unwrap();
    assert_eq!(listed.len(), 3);
    assert_eq!((&listed[0].version, listed[0].latest), (&again, true));
}
