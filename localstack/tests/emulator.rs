//! The emulator comes, answers, and goes without a trace.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod guard;

use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cairn_local::emulator::Detached;
use cairn_local::{Emulator, EmulatorError};
use guard::Named;

fn answers(endpoint: &str) -> bool {
    TcpStream::connect(endpoint.strip_prefix("http://").unwrap()).is_ok()
}

fn within(patience: Duration, mut so: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < patience {
        if so() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

#[test]
fn an_owned_emulator_answers_until_it_is_dropped_and_leaves_no_folder() {
    let emulator = Emulator::start(false).unwrap();
    let (endpoint, folder) = (emulator.endpoint().to_owned(), emulator.folder().to_path_buf());
    assert!(answers(&endpoint));
    assert!(folder.is_dir());
    drop(emulator);
    assert!(!answers(&endpoint));
    assert!(!folder.exists());
}

#[test]
fn two_emulators_live_side_by_side() {
    let (one, two) = (Emulator::start(false).unwrap(), Emulator::start(false).unwrap());
    assert_ne!(one.endpoint(), two.endpoint());
    assert!(answers(one.endpoint()));
    assert!(answers(two.endpoint()));
}

/// What the next test runs in a process of its own.
#[test]
#[ignore = "run by an_owned_emulator_dies_with_its_owner_even_if_that_is_killed"]
fn owner() {
    let emulator = Emulator::start(false).unwrap();
    println!("\nowner {} {}", emulator.endpoint(), emulator.folder().display());
    let _forever = std::io::stdin().read(&mut [0]);
}

#[test]
fn an_owned_emulator_dies_with_its_owner_even_if_that_is_killed() {
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "owner", "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    let line = lines.map_while(Result::ok).find(|line| line.starts_with("owner ")).unwrap();
    let [_, endpoint, folder] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
    assert!(answers(endpoint));
    owner.kill().unwrap();
    owner.wait().unwrap();
    assert!(within(Duration::from_secs(5), || !answers(endpoint)), "it still answers");
    assert!(within(Duration::from_secs(5), || !Path::new(folder).exists()), "{folder} is left");
}

#[test]
fn a_detached_emulator_is_found_again_and_stays_until_it_is_stopped() {
    let name = Named::new("stays");
    let started = Detached::start(&name, None, false).unwrap();
    let found = Detached::find(&name).unwrap().unwrap();
    assert_eq!(found.endpoint(), started.endpoint());
    let again = Detached::start(&name, None, false).unwrap();
    assert_eq!(again.pid(), started.pid(), "a second one was started");
    assert!(Detached::stop(&name).unwrap());
    assert!(!answers(&started.endpoint()));
    assert!(!Detached::stop(&name).unwrap(), "it was stopped twice");
    assert!(started.folder().join("emulator.log").exists(), "its log is gone");
    Detached::purge(&name).unwrap();
    assert!(!started.folder().exists());
}

#[test]
fn a_port_in_use_is_refused_by_its_number() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let refused = Detached::start(&Named::new("port"), Some(port), false).unwrap_err();
    assert!(matches!(refused, EmulatorError::PortInUse { port: found } if found == port));
}

#[test]
fn deleting_the_folder_of_a_detached_emulator_stops_it() {
    let name = Named::new("deleted");
    let emulator = Detached::start(&name, None, false).unwrap();
    std::fs::remove_dir_all(emulator.folder()).unwrap();
    assert!(within(Duration::from_secs(5), || !answers(&emulator.endpoint())), "it still answers");
}

#[test]
fn a_name_that_leaves_the_folder_is_refused() {
    for name in ["", "../up", "owned-1", "a/b", "A"] {
        let refused = Detached::find(name).unwrap_err();
        assert!(matches!(refused, EmulatorError::Name { .. }), "{name:?}: {refused}");
    }
}
