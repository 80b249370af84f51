//! The short form: each target on its corpus, and on seeded mutations of it.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use crate::Target;

/// How long one input may take before it counts as a hang.
const PATIENCE: Duration = Duration::from_secs(60);

/// The corpus of a target.
pub fn corpus(target: &Target) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// Runs a target on its corpus and on `mutations` of it. The input that is being tried lies in `failed`, so
/// that one that breaks it is there however the run ends.
pub fn run(target: &Target, mutations: usize, failed: &Path) {
    let corpus: Vec<Vec<u8>> = corpus(target).into_iter().map(|(_, bytes)| bytes).collect();
    assert!(!corpus.is_empty(), "{} has no corpus", target.name);
    std::fs::create_dir_all(failed).unwrap();
    let path = failed.join(format!("{}-{}.input", target.name, std::process::id()));
    let watch = Watch::start(path.clone());
    for bytes in &corpus {
        watch.try_one(target, bytes);
    }
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..mutations {
        let mut bytes = corpus[random.below(corpus.len())].clone();
        for _ in 0..=random.below(4) {
            mutate(&mut bytes, &corpus, &mut random);
        }
        watch.try_one(target, &bytes);
    }
    std::fs::remove_file(path).unwrap();
}

/// Keeps the input that is being tried, and ends the run where one does not end.
struct Watch {
    path: PathBuf,
    tries: Sender<()>,
}

impl Watch {
    fn start(path: PathBuf) -> Self {
        let (tries, tried) = channel();
        let hung = path.clone();
        std::thread::spawn(move || {
            loop {
                match tried.recv_timeout(PATIENCE) {
                    Ok(()) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => {
                        eprintln!("hangs on {}", hung.display());
                        std::process::abort();
                    }
                }
            }
        });
        Self { path, tries }
    }

    fn try_one(&self, target: &Target, bytes: &[u8]) {
        std::fs::write(&self.path, bytes).unwrap();
        let _ = self.tries.send(());
        if let Err(panic) = std::panic::catch_unwind(|| (target.run)(bytes)) {
            eprintln!("{} fails on {}", target.name, self.path.display());
            std::panic::resume_unwind(panic);
        }
    }
}

/// A xorshift generator: the same sequence in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// Values at which numbers overflow, and bytes that formats mean something by.
const INTERESTING: [&[u8]; 16] = [
    b"\x00",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"9007199254740993",
    b"18446744073709551616",
    b"-1",
    b"1e999",
    b"[[[[[[[[[[[[[[[[[[[[[[[[",
    b"\"\\ud800\"",
    b"\n\n",
    b"null",
    b"{\"a\":0,\"a\":1}",
    b"PAR1",
];

fn mutate(bytes: &mut Vec<u8>, corpus: &[Vec<u8>], random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    let end = (at + random.below(32)).min(bytes.len());
    match random.below(8) {
        0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        1 if at < bytes.len() => bytes[at] = random.below(256) as u8,
        2 => drop(bytes.drain(at..end)),
        3 => {
            let new = INTERESTING[random.below(INTERESTING.len())];
            bytes.splice(at..end, new.iter().copied());
        }
        4 => {
            let new = INTERESTING[random.below(INTERESTING.len())];
            bytes.splice(at..at, new.iter().copied());
        }
        5 => {
            let copy = bytes[at..end].to_vec();
            for _ in 0..random.below(64) {
                bytes.splice(at..at, copy.iter().copied());
            }
        }
        6 => {
            let other = &corpus[random.below(corpus.len())];
            let from = random.below(other.len() + 1);
            bytes.truncate(at);
            bytes.extend(&other[from..]);
        }
        _ => bytes.truncate(at),
    }
}

/// The most memory that this process ever had, in bytes; only Linux tells.
pub fn most_resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes << 10)
}
