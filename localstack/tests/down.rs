//! Whatever state a cloud is in, it can be taken down.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod guard;

use std::fs;
use std::process::{Command, Output};

use cairn_local::emulator::Detached;
use guard::Named;

fn local(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cairn-local")).args(arguments).output().unwrap()
}

fn down(name: &str) {
    let output = local(&["down", "--purge", "--name", name]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

fn signal(signal: &str, pid: u32) -> bool {
    Command::new("kill").args([signal, &pid.to_string()]).output().unwrap().status.success()
}

#[test]
fn an_emulator_that_hangs_is_ended_with_its_folder() {
    let name = Named::new("hangs");
    let emulator = Detached::start(&name, None, false).unwrap();
    assert!(signal("-STOP", emulator.pid()));
    down(&name);
    assert!(!emulator.folder().exists());
    assert!(Detached::find(&name).unwrap().is_none());
}

#[test]
fn a_file_that_cannot_be_read_keeps_no_cloud_up() {
    let name = Named::new("unreadable");
    let emulator = Detached::start(&name, None, false).unwrap();
    fs::write(emulator.folder().join("cairn.json"), "{").unwrap();
    let plain = local(&["down", "--name", &name]);
    assert_eq!(plain.status.code(), Some(0), "{plain:?}");
    assert!(Detached::find(&name).unwrap().is_none());
    down(&name);
    assert!(!emulator.folder().exists());
}

#[test]
fn a_cloud_elsewhere_is_left_alone_and_can_be_forgotten() {
    let name = Named::new("elsewhere");
    let folder = cairn_local::emulator::folder(&name).unwrap();
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("cairn.json"), "{").unwrap();
    let refused = local(&["down", "--name", &name]);
    assert_eq!(refused.status.code(), Some(2));
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(words.contains("--purge"), "{words}");
    down(&name);
    assert!(!folder.exists());
}
