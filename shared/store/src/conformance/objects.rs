//! What every object store promises.

use bytes::Bytes;
use jiff::SignedDuration;

use super::{Ground, assert_conflict, at_once, only_winner};
use crate::{ETag, Encryption, Objects, VersionId};

/// The promises of [`Objects`], locks apart.
pub async fn objects<O: Objects + Clone + 'static>(store: &O, ground: &Ground) {
    objects_come_back_as_they_were_put(store, ground).await;
    what_is_not_there_is_none(store, ground).await;
    an_object_is_created_once(store, ground).await;
    one_of_many_creators_wins(store, ground).await;
    replacing_takes_the_current_tag(store, ground).await;
    one_of_many_replacers_wins(store, ground).await;
    replaced_versions_stay(store, ground).await;
    keys_are_listed_in_order(store, ground).await;
    more_than_a_page_is_listed(store, ground).await;
}

async fn objects_come_back_as_they_were_put(store: &impl Objects, ground: &Ground) {
    let megabytes: Vec<u8> = (0..5_000_000_u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
    for body in [Vec::new(), vec![0], megabytes] {
        let key = ground.key(&format!("bytes/{}.parquet", body.len()));
        let body = Bytes::from(body);
        let version = store.create(&key, body.clone(), None).await.unwrap();
        let found = store.read(&key).await.unwrap().expect("the object is there");
        assert!(found.body == body, "{key} comes back with other bytes");
        assert_eq!(found.version, version);
        assert_eq!(found.encryption, Encryption::Kms(ground.data_key.clone()));
        assert_eq!(found.retention, None, "nobody locked it");
        let age = ground.now.duration_since(found.modified).abs();
        assert!(age < SignedDuration::from_mins(10), "put at {}?", found.modified);
        assert_eq!(found.modified.subsec_nanosecond(), 0, "times are to the second");
        let same = store.read_version(&key, &version).await.unwrap().expect("so is its version");
        assert!(same.body == body && same.etag == found.etag && same.version == version);
    }
}

async fn what_is_not_there_is_none(store: &impl Objects, ground: &Ground) {
    let key = ground.key("nothing/a");
    assert!(store.read(&key).await.unwrap().is_none());
    let version = VersionId::new("3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrH");
    assert!(store.read_version(&key, &version).await.unwrap().is_none());
    let prefix = ground.key("nothing/");
    assert_eq!(store.versions(&prefix).await.unwrap(), []);
    assert_eq!(store.list(&prefix, None, 10).await.unwrap(), [""; 0]);
    // Nor is a key that begins with the name of one.
    store.create(&ground.key("nothing/ab"), "1".into(), None).await.unwrap();
    assert!(store.read(&key).await.unwrap().is_none());
}

async fn an_object_is_created_once(store: &impl Objects, ground: &Ground) {
    let key = ground.key("once");
    let version = store.create(&key, "first".into(), None).await.unwrap();
    assert_conflict(store.create(&key, "second".into(), None).await);
    assert_conflict(store.create(&key, "first".into(), None).await);
    let found = store.read(&key).await.unwrap().unwrap();
    assert_eq!((&found.body[..], found.version), (&b"first"[..], version));
    assert_eq!(store.versions(&key).await.unwrap().len(), 1, "a lost race leaves nothing");
}

async fn one_of_many_creators_wins<O: Objects + Clone + 'static>(store: &O, ground: &Ground) {
    for round in 0..4 {
        let key = ground.key(&format!("race/{round}"));
        let create = |n: u8| {
            let (store, key) = (store.clone(), key.clone());
            async move { store.create(&key, vec![n; 1000].into(), None).await }
        };
        let answers = at_once((0..16).map(create)).await;
        let winner = only_winner(&answers);
        let found = store.read(&key).await.unwrap().unwrap();
        assert!(found.body.iter().all(|&byte| usize::from(byte) == winner));
        assert_eq!(Some(&found.version), answers[winner].as_ref().ok());
        assert_eq!(store.versions(&key).await.unwrap().len(), 1);
    }
}

async fn replacing_takes_the_current_tag(store: &impl Objects, ground: &Ground) {
    let key = ground.key("replaced");
    let never = ETag::new("\"00000000000000000000000000000000\"");
    assert_conflict(store.replace(&key, "0".into(), Some(&never)).await);
    assert!(store.read(&key).await.unwrap().is_none(), "a conflict writes nothing");

    let first = store.replace(&key, "1".into(), None).await.unwrap();
    assert_conflict(store.replace(&key, "2".into(), None).await);
    assert_conflict(store.replace(&key, "2".into(), Some(&never)).await);
    let found = store.read(&key).await.unwrap().unwrap();
    assert_eq!((&found.body[..], &found.etag), (&b"1"[..], &first));
    assert_eq!(found.encryption, Encryption::Kms(ground.data_key.clone()));
    assert_eq!(found.retention, None);

    let second = store.replace(&key, "2".into(), Some(&first)).await.unwrap();
    assert_conflict(store.replace(&key, "3".into(), Some(&first)).await);
    let found = store.read(&key).await.unwrap().unwrap();
    assert_eq!((&found.body[..], found.etag), (&b"2"[..], second));
}

async fn one_of_many_replacers_wins<O: Objects + Clone + 'static>(store: &O, ground: &Ground) {
    let key = ground.key("replace-race");
    let mut tag = store.replace(&key, "start".into(), None).await.unwrap();
    for round in 0..4 {
        let replace = |n: u8| {
            let (store, key, tag) = (store.clone(), key.clone(), tag.clone());
            let body = vec![round, n];
            async move { store.replace(&key, body.into(), Some(&tag)).await }
        };
        let answers = at_once((0..16).map(replace)).await;
        let winner = only_winner(&answers);
        let found = store.read(&key).await.unwrap().unwrap();
        assert_eq!(found.body, vec![round, u8::try_from(winner).unwrap()]);
        assert_eq!(Some(&found.etag), answers[winner].as_ref().ok());
        tag = found.etag;
    }
}

async fn replaced_versions_stay(store: &impl Objects, ground: &Ground) {
    let key = ground.key("history/a");
    let mut tag = None;
    let mut versions = Vec::new();
    for n in 1..=3_usize {
        let body = Bytes::from(vec![b'x'; n]);
        tag = Some(store.replace(&key, body, tag.as_ref()).await.unwrap());
        versions.insert(0, store.read(&key).await.unwrap().unwrap().version);
    }
    store.create(&ground.key("history/b"), "1".into(), None).await.unwrap();
    let listed = store.versions(&ground.key("history/")).await.unwrap();
    assert_eq!(listed.len(), 4);
    assert_eq!(listed[3].key, ground.key("history/b"));
    // Versions of one second have no order that a store could tell, but which is the latest.
    let sizes: Vec<u64> = listed[..3].iter().map(|version| version.size).collect();
    assert_eq!((sizes.iter().sum::<u64>(), sizes[0]), (6, 3));
    for (place, version) in listed.iter().enumerate() {
        assert!(!version.delete_marker);
        assert_eq!(version.latest, place == 0 || place == 3, "{listed:?}");
    }
    for (age, version) in versions.iter().enumerate() {
        let found = store.read_version(&key, version).await.unwrap().unwrap();
        assert_eq!(found.body.len(), 3 - age);
        assert!(listed.iter().any(|listed| listed.version == *version));
    }
}

async fn keys_are_listed_in_order(store: &impl Objects, ground: &Ground) {
    // As bytes, not as numbers or in an alphabet: `10` before `9`, `Z` before `a`.
    let names = ["list/10", "list/9", "list/Z", "list/a", "list/a.b", "list/a/1", "list/b"];
    for name in names.iter().rev() {
        store.create(&ground.key(name), "1".into(), None).await.unwrap();
    }
    store.create(&ground.key("lisu"), "1".into(), None).await.unwrap();
    let prefix = ground.key("list/");
    let all: Vec<String> = names.iter().map(|name| ground.key(name)).collect();
    let list = async |after: Option<&str>, limit| store.list(&prefix, after, limit).await.unwrap();
    assert_eq!(list(None, 1000).await, all);
    assert_eq!(list(None, 3).await, all[..3]);
    assert_eq!(list(None, 0).await, all[..0]);
    assert_eq!(list(None, usize::MAX).await, all);
    for (place, key) in all.iter().enumerate() {
        assert_eq!(list(Some(key), 1000).await, all[place + 1..]);
        assert_eq!(list(Some(key), 2).await, all[place + 1..(place + 3).min(all.len())]);
    }
    assert_eq!(list(Some(&ground.key("list/a.a")), 1000).await, all[4..], "between two keys");
    assert_eq!(list(Some(&ground.key("a")), 1000).await, all, "before the prefix");
    assert_eq!(list(Some(&ground.key("z")), 1000).await, all[..0], "after the prefix");
    let versions = store.versions(&prefix).await.unwrap();
    assert_eq!(versions.into_iter().map(|version| version.key).collect::<Vec<_>>(), all);
}

async fn more_than_a_page_is_listed<O: Objects + Clone + 'static>(store: &O, ground: &Ground) {
    let key = |n: usize| ground.key(&format!("pages/{n:05}"));
    let all: Vec<String> = (0..1010).map(key).collect();
    for some in all.chunks(32) {
        let create = |key: &String| {
            let (store, key) = (store.clone(), key.clone());
            async move { store.create(&key, Bytes::new(), None).await }
        };
        for answer in at_once(some.iter().map(create)).await {
            answer.unwrap();
        }
    }
    let prefix = ground.key("pages/");
    let versions = store.versions(&prefix).await.unwrap();
    assert!(versions.iter().map(|version| &version.key).eq(&all), "every page of versions");
    let first = store.list(&prefix, None, 5000).await.unwrap();
    assert_eq!(first, all[..1000], "one page of keys");
    let rest = store.list(&prefix, first.last().map(String::as_str), 5000).await.unwrap();
    assert_eq!(rest, all[1000..]);
}
