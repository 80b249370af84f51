//! ... and with a folder to spill to.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::*;

fn spilling(folder: &Path) -> Config {
    let spill = Some(SpillConfig { bytes: 4 << 20, ..SpillConfig::new(folder.join("spill")) });
    Config { queue_events: 40, spill, ..config() }
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join("spill")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name != "lock").collect();
    names.sort();
    names
}

/// What became of requests so far does not matter to these.
fn actors(stream: &Stream) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    let events = stream.events().into_iter().filter(|event| seen.insert(event["id"].to_string()));
    events.map(|event| event["actor"]["id"].as_str().unwrap()[2..].to_owned()).collect()
}

fn up_to(n: usize) -> Vec<String> {
    (0..n).map(|n| n.to_string()).collect()
}

fn in_order(config: Config) -> Config {
    Config { order: Order::Producer, ..config }
}

#[tokio::test(start_paused = true)]
async fn what_memory_has_no_room_for_goes_to_disk_and_comes_back_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let stream = Stream::away();
    let producer = start(in_order(spilling(folder.path())), &stream);
    let mut receipts = Vec::new();
    for actor in 0..500 {
        receipts.push(producer.send_confirmed(event(actor)).await.unwrap());
    }
    let now = producer.counters();
    assert_eq!((now.queued, now.spilled, now.accepted), (40, 460, 500), "{now:?}");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("spill")), 0o700);
    assert_eq!(mode(&folder.path().join("spill").join(&files(folder.path())[0])), 0o600);
    stream.set_away(false);
    for receipt in receipts {
        assert!(receipt.await.is_some());
    }
    assert_eq!(actors(&stream), up_to(500));
    assert_eq!(files(folder.path()), Vec::<String>::new(), "delivered");
    finish(&producer).await;
}

#[tokio::test(start_paused = true)]
async fn a_full_folder_makes_senders_wait() {
    let folder = tempfile::tempdir().unwrap();
    let stream = Stream::away();
    let producer = start(in_order(spilling(folder.path())), &stream);
    let mut accepted = 0;
    while producer.try_send(event(accepted)).is_ok() {
        accepted += 1;
    }
    let now = producer.counters();
    assert!((3 << 20..=4 << 20).contains(&now.spill_bytes), "{now:?}");
    let mut sends = Box::pin(producer.send(event(accepted)));
    assert!(tokio::time::timeout(Duration::from_secs(60), &mut sends).await.is_err());
    stream.set_away(false);
    sends.await.unwrap();
    finish(&producer).await;
    assert_eq!(actors(&stream), up_to(accepted + 1));
}

/// Several times: what is left in memory is older than what is on disk, or newer, or both.
#[tokio::test(start_paused = true)]
async fn what_is_left_at_shutdown_is_found_in_order_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let stream = Stream::away();
    let mut sent = 0;
    for (run, count) in [(0, 20), (1, 100), (2, 0), (3, 300), (4, 5)] {
        let producer = start(in_order(spilling(folder.path())), &stream);
        assert_eq!(producer.counters().recovered, sent as u64, "run {run}");
        for _ in 0..count {
            producer.send(event(sent)).await.unwrap();
            sent += 1;
        }
        let ended = producer.shutdown(Duration::from_secs(5)).await;
        assert_eq!((ended.undelivered.len(), ended.spilled), (0, sent as u64), "run {run}");
        the_books_balance(&producer);
    }
    stream.set_away(false);
    let producer = start(in_order(spilling(folder.path())), &stream);
    assert!(producer.flush().await);
    finish(&producer).await;
    assert_eq!(actors(&stream), up_to(sent));
    assert_eq!(files(folder.path()), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_was_spilled_outlives_a_crash_and_keeps_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let (copy, stream) = (tempfile::tempdir().unwrap(), Stream::away());
    let crashed = start(in_order(spilling(folder.path())), &stream);
    for actor in 0..100 {
        crashed.send(event(actor)).await.unwrap();
    }
    // As the disk is when the process dies.
    fs::create_dir(copy.path().join("spill")).unwrap();
    fs::set_permissions(copy.path().join("spill"), fs::Permissions::from_mode(0o700)).unwrap();
    for file in files(folder.path()) {
        let (from, to) = (folder.path().join("spill"), copy.path().join("spill"));
        fs::copy(from.join(&file), to.join(&file)).unwrap();
    }
    let again = Stream::default();
    let producer = start(in_order(spilling(copy.path())), &again);
    assert_eq!(producer.counters().recovered, 60, "all but what was in memory");
    finish(&producer).await;
    let events = again.events();
    assert!(events.iter().all(|event| event["producer"]["id"] == *crashed.id()));
    let numbers: Vec<_> =
        events.iter().map(|event| event["producer"]["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (40..100).collect::<Vec<_>>());
    assert_eq!(files(copy.path()), Vec::<String>::new());
    stream.set_away(false);
    finish(&crashed).await;
    assert_eq!(actors(&stream), up_to(100));
}

/// A service that audits by slots alone, as the HTTP layer does.
#[tokio::test(start_paused = true)]
async fn slots_that_memory_has_no_room_for_go_to_disk() {
    let folder = tempfile::tempdir().unwrap();
    let stream = Stream::away();
    let producer = start(in_order(spilling(folder.path())), &stream);
    for actor in 0..500 {
        let slot = producer.reserve().await.unwrap();
        slot.send(event(actor)).unwrap();
    }
    let now = producer.counters();
    assert_eq!((now.queued, now.spilled, now.accepted), (40, 460, 500), "{now:?}");
    stream.set_away(false);
    finish(&producer).await;
    assert_eq!(actors(&stream), up_to(500));
}

/// They take no room in memory: as many as may be held for as long as a service is busy.
#[tokio::test(start_paused = true)]
async fn slots_on_disk_do_not_keep_what_is_there_from_being_read() {
    let folder = tempfile::tempdir().unwrap();
    let stream = Stream::away();
    let producer = start(in_order(spilling(folder.path())), &stream);
    for actor in 0..100 {
        producer.send(event(actor)).await.unwrap();
    }
    let mut held = Vec::new();
    for _ in 0..50 {
        held.push(producer.reserve().await.unwrap());
    }
    stream.set_away(false);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let now = producer.counters();
    assert_eq!((now.delivered, now.spilled, now.reserved), (100, 0, 50), "{now:?}");
    for (nth, slot) in held.into_iter().enumerate() {
        slot.send(event(100 + nth)).unwrap();
    }
    finish(&producer).await;
    assert_eq!(actors(&stream), up_to(150));
}

#[tokio::test(start_paused = true)]
async fn slots_alone_keep_to_the_bytes_of_memory() {
    let folder = tempfile::tempdir().unwrap();
    let stream = Stream::away();
    let queue_bytes = 2 << 20;
    let config = Config { queue_events: 100_000, queue_bytes, ..spilling(folder.path()) };
    let producer = start(in_order(config), &stream);
    for actor in 0..6000 {
        producer.reserve().await.unwrap().send(event(actor)).unwrap();
    }
    let now = producer.counters();
    assert!(now.spilled > 0 && now.queued_bytes_peak <= queue_bytes as u64, "{now:?}");
    stream.set_away(false);
    finish(&producer).await;
    assert_eq!(actors(&stream), up_to(6000));
}

/// Nothing can be written below a folder that is a file.
fn break_folder(folder: &Path) {
    let spill = folder.join("spill");
    fs::rename(&spill, folder.join("away")).unwrap();
    fs::write(&spill, b"").unwrap();
}

fn mend_folder(folder: &Path) {
    let spill = folder.join("spill");
    fs::remove_file(&spill).unwrap();
    fs::rename(folder.join("away"), &spill).unwrap();
}

#[tokio::test(start_paused = true)]
async fn slots_stay_within_bounds_while_the_disk_fails_and_go_there_once_it_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let stream = Stream::away();
    let producer = start(in_order(spilling(folder.path())), &stream);
    break_folder(folder.path());
    let mut sent = 0;
    for _ in 0..1000 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let Some(slot) = producer.try_reserve() else { continue };
        slot.send(event(sent)).unwrap();
        sent += 1;
    }
    assert_eq!(sent, 41, "memory, and the one whose event found the disk failing");
    mend_folder(folder.path());
    tokio::time::sleep(Duration::from_secs(2)).await;
    for _ in 0..100 {
        producer.reserve().await.unwrap().send(event(sent)).unwrap();
        sent += 1;
    }
    let now = producer.counters();
    assert_eq!((now.queued, now.spilled), (41, 100), "{now:?}");
    stream.set_away(false);
    finish(&producer).await;
    assert_eq!(actors(&stream), up_to(sent));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_for_a_while_is_kept_and_read_later() {
    let folder = tempfile::tempdir().unwrap();
    let stream = Stream::away();
    let producer = start(in_order(spilling(folder.path())), &stream);
    for actor in 0..200 {
        producer.send(event(actor)).await.unwrap();
    }
    break_folder(folder.path());
    stream.set_away(false);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let now = producer.counters();
    assert_eq!((now.spilled, now.undelivered, now.damaged_files), (160, 0, 0), "{now:?}");
    mend_folder(folder.path());
    assert!(producer.flush().await);
    finish(&producer).await;
    assert_eq!(actors(&stream), up_to(200));
}

/// Nothing else wakes who reads: memory is empty, and the disk is forced once a day.
#[tokio::test(start_paused = true)]
async fn reading_is_tried_again_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let stream = Stream::away();
    let mut config = in_order(spilling(folder.path()));
    config.spill.as_mut().unwrap().sync_every = Duration::from_secs(24 * 60 * 60);
    let producer = start(config, &stream);
    for actor in 0..200 {
        producer.send(event(actor)).await.unwrap();
    }
    break_folder(folder.path());
    stream.set_away(false);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(producer.counters().delivered, 40);
    mend_folder(folder.path());
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(producer.counters().delivered, 200);
    finish(&producer).await;
    assert_eq!(actors(&stream), up_to(200));
}

/// Runs this test once more, in a process in which no file grows beyond so many blocks of 512 bytes, as on a
/// disk that is full.
fn where_files_end_at(blocks: usize, name: &str, test: impl Future<Output = ()>) {
    const INNER: &str = "CAIRN_TEST_FILES_END";
    if std::env::var_os(INNER).is_some() {
        return in_simulated_time(test);
    }
    let script = format!(r#"trap '' XFSZ; ulimit -f {blocks}; exec "$0" "$@""#);
    let (_, module) = module_path!().split_once("::").unwrap();
    let mut inner = std::process::Command::new("sh");
    inner.args(["-c", &script]).arg(std::env::current_exe().unwrap());
    inner.args(["--exact", &format!("{module}::{name}")]).env(INNER, "1");
    let output = inner.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

fn large(actor: usize) -> Event {
    let resource = Resource::new("document", "d-9").attribute("a", "a".repeat(600));
    let actor = Actor::new("user", format!("u-{actor}"));
    Draft::new("acme", "document.share", actor, resource, Outcome::Success).build().unwrap()
}

async fn nothing_is_left_of_what_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let stream = Stream::away();
    let producer = start(in_order(spilling(folder.path())), &stream);
    for actor in 0..40 {
        producer.send(large(actor)).await.unwrap();
    }
    for _ in 0..10 {
        assert!(matches!(producer.try_send(large(40)), Err(TrySendError::Full(_))));
    }
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_secs(2)).await;
        if let Some(slot) = producer.try_reserve() {
            drop(slot);
        }
    }
    assert_eq!(files(folder.path()), Vec::<String>::new());
    stream.set_away(false);
    finish(&producer).await;
    assert_eq!(actors(&stream), up_to(40));
}

#[test]
fn a_file_that_cannot_be_begun_leaves_nothing() {
    let name = "a_file_that_cannot_be_begun_leaves_nothing";
    where_files_end_at(0, name, nothing_is_left_of_what_cannot_be_written());
}

#[test]
fn a_file_that_no_event_fits_into_does_not_stay() {
    let name = "a_file_that_no_event_fits_into_does_not_stay";
    where_files_end_at(1, name, nothing_is_left_of_what_cannot_be_written());
}

#[test]
fn what_is_kept_in_part_at_shutdown_is_handed_back_and_not_found_again() {
    let name = "what_is_kept_in_part_at_shutdown_is_handed_back_and_not_found_again";
    where_files_end_at(8, name, async {
        let folder = tempfile::tempdir().unwrap();
        let producer = start(in_order(spilling(folder.path())), &Stream::away());
        for actor in 0..40 {
            producer.send(event(actor)).await.unwrap();
        }
        let ended = producer.shutdown(Duration::ZERO).await;
        assert_eq!((ended.undelivered.len(), ended.spilled), (40, 0));
        assert_eq!(files(folder.path()), Vec::<String>::new());
        let again = start(in_order(spilling(folder.path())), &Stream::default());
        assert_eq!(again.counters().recovered, 0);
        finish(&again).await;
    });
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_in_the_way_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let stream = Stream::away();
    let producer = start(in_order(spilling(folder.path())), &stream);
    for actor in 0..40 {
        producer.send(event(actor)).await.unwrap();
    }
    let other = folder.path().join("spill").join(format!("{:020}.spill", 1));
    fs::write(&other, b"another's").unwrap();
    assert!(matches!(producer.try_send(event(40)), Err(TrySendError::Full(_))));
    producer.try_send(event(40)).unwrap();
    assert_eq!(fs::read(&other).unwrap(), b"another's");
    stream.set_away(false);
    finish(&producer).await;
    assert_eq!(actors(&stream), up_to(41));
}

#[tokio::test(start_paused = true)]
async fn what_was_put_aside_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let spill = folder.path().join("spill");
    for run in 0..3 {
        let stream = Stream::away();
        let producer = start(in_order(spilling(folder.path())), &stream);
        producer.send(event(run)).await.unwrap();
        let _left = producer.shutdown(Duration::ZERO).await;
        let file = files(folder.path()).into_iter().find(|name| name.ends_with(".spill")).unwrap();
        let bytes = fs::read(spill.join(&file)).unwrap();
        fs::write(spill.join(&file), &bytes[..bytes.len() - 7]).unwrap();
        finish(&start(in_order(spilling(folder.path())), &Stream::default())).await;
        assert_eq!(files(folder.path()).len(), run + 1, "{:?}", files(folder.path()));
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_kept_at_shutdown_is_handed_back_and_not_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let stream = Stream::away();
    let producer = start(in_order(spilling(folder.path())), &stream);
    for actor in 0..10 {
        producer.send(event(actor)).await.unwrap();
    }
    let slot = producer.reserve().await.unwrap();
    break_folder(folder.path());
    let ended = producer.shutdown(Duration::ZERO).await;
    assert_eq!((ended.undelivered.len(), ended.spilled), (10, 0));
    drop(slot);
    mend_folder(folder.path());
    let again = start(in_order(spilling(folder.path())), &Stream::default());
    assert_eq!(again.counters().recovered, 0);
    finish(&again).await;
}

#[tokio::test(start_paused = true)]
async fn a_slot_on_disk_may_outlive_the_queue() {
    let folder = tempfile::tempdir().unwrap();
    let stream = Stream::away();
    let producer = start(in_order(spilling(folder.path())), &stream);
    for actor in 0..100 {
        producer.send(event(actor)).await.unwrap();
    }
    let slot = producer.reserve().await.unwrap();
    let _left = producer.shutdown(Duration::ZERO).await;
    drop(slot);
    assert_eq!(producer.counters().queued_bytes, 0);
}

#[tokio::test(start_paused = true)]
async fn a_torn_end_costs_nothing_else_and_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let stream = Stream::away();
    let producer = start(in_order(spilling(folder.path())), &stream);
    for actor in 0..30 {
        producer.send(event(actor)).await.unwrap();
    }
    let ended = producer.shutdown(Duration::ZERO).await;
    assert_eq!(ended.spilled, 30);
    let [file] = &files(folder.path())[..] else { panic!("one file") };
    let path = folder.path().join("spill").join(file);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 7]).unwrap();
    stream.set_away(false);
    let producer = start(in_order(spilling(folder.path())), &stream);
    assert_eq!(producer.counters().recovered, 29);
    producer.send(event(29)).await.unwrap();
    finish(&producer).await;
    assert_eq!(actors(&stream), up_to(30));
    assert_eq!(producer.counters().damaged_files, 1);
    assert_eq!(files(folder.path()), [file.replace(".spill", ".damaged")]);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_changed_while_it_waits_is_kept_and_does_not_stop_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let stream = Stream::away();
    let producer = start(in_order(spilling(folder.path())), &stream);
    for actor in 0..2000 {
        producer.send(event(actor)).await.unwrap();
    }
    let first = files(folder.path()).remove(0);
    let path = folder.path().join("spill").join(&first);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let mut flush = Box::pin(producer.flush());
    assert!(futures_util::poll!(&mut flush).is_pending());
    stream.set_away(false);
    assert!(!flush.await, "not everything is in the stream");
    let ended = producer.shutdown(FOREVER).await;
    assert!(ended.undelivered.is_empty());
    the_books_balance(&producer);
    let now = producer.counters();
    assert!(now.undelivered > 0 && now.delivered > 1000, "{now:?}");
    assert_eq!(now.damaged_files, 1);
    assert_eq!(files(folder.path()), [first.replace(".spill", ".damaged")]);
}

#[tokio::test(start_paused = true)]
async fn a_folder_that_others_can_enter_or_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let open = folder.path().join("spill");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
    let refuse =
        || Producer::with_sink(spilling(folder.path()), Stream::default()).unwrap_err().to_string();
    let error = refuse();
    assert!(error.contains("found mode 0755"), "{error}");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o700)).unwrap();
    let producer = start(spilling(folder.path()), &Stream::default());
    assert!(refuse().contains("found another one in it"));
    finish(&producer).await;
    finish(&start(spilling(folder.path()), &Stream::default())).await;
}

/// Memory, disk, memory again, and so on, under a stream that comes and goes.
#[test]
fn whatever_becomes_of_the_stream_nothing_is_lost_and_order_stands() {
    let strategy = prop::collection::vec((any::<bool>(), 0_usize..60, 0_u64..3000), 1..12);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(60));
    let run = |phases: Vec<(bool, usize, u64)>| {
        in_simulated_time(async move {
            let folder = tempfile::tempdir().unwrap();
            let stream = Stream::default();
            let mut sent = 0;
            let mut producer = start(in_order(spilling(folder.path())), &stream);
            for (away, count, pause) in phases {
                stream.set_away(away);
                for _ in 0..count {
                    producer.send(event(sent)).await.unwrap();
                    sent += 1;
                }
                tokio::time::sleep(Duration::from_millis(pause)).await;
                the_books_balance(&producer);
                if pause % 3 == 0 {
                    let ended = producer.shutdown(Duration::from_millis(pause)).await;
                    assert!(ended.undelivered.is_empty());
                    producer = start(in_order(spilling(folder.path())), &stream);
                }
            }
            stream.set_away(false);
            finish(&producer).await;
            assert_eq!(actors(&stream), up_to(sent));
            assert_eq!(files(folder.path()), Vec::<String>::new());
        });
        Ok(())
    };
    runner.run(&strategy, run).unwrap();
}
