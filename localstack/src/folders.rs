//! Where the local cloud keeps its files: `<target>/local`, so that nothing lies outside the
//! workspace and `cargo clean` removes it all.

use std::env;
use std::path::{self, Path, PathBuf};

/// `<target>/local`, or what `CAIRN_LOCAL_DIR` names. Absolute: the emulator has another working
/// directory.
pub(crate) fn local() -> PathBuf {
    named("CAIRN_LOCAL_DIR").unwrap_or_else(|| target().join("local"))
}

/// Cargo's target folder: the one this very program was built into, if it lies in one, or else the
/// one that cargo is told to use, or else the workspace's default.
pub(crate) fn target() -> PathBuf {
    let built = env::current_exe().ok().and_then(|program| marked(&program));
    built.or_else(|| named("CARGO_TARGET_DIR")).unwrap_or_else(|| workspace().join("target"))
}

/// The folder that a variable names, if it does.
fn named(variable: &str) -> Option<PathBuf> {
    let folder = env::var_os(variable).filter(|folder| !folder.is_empty())?;
    // Where there is no working directory, nothing relative can be meant.
    path::absolute(&folder).ok()
}

/// Cargo marks a target folder that it makes with the first of these files; one that was there
/// before has the second one only.
fn marked(program: &Path) -> Option<PathBuf> {
    let marks = ["CACHEDIR.TAG", ".rustc_info.json"];
    let is_marked = |folder: &&Path| marks.iter().any(|mark| folder.join(mark).is_file());
    program.ancestors().skip(1).find(is_marked).map(Path::to_path_buf)
}

/// The root of the workspace that this crate was compiled in.
pub(crate) fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// The folder of the example config.
pub fn config_folder() -> PathBuf {
    workspace().join("infra").join("config")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use super::*;

    #[test]
    fn a_target_folder_is_known_by_either_mark() {
        for mark in ["CACHEDIR.TAG", ".rustc_info.json"] {
            let folder = tempfile::tempdir().unwrap();
            let program = folder.path().join("debug").join("deps").join("program");
            assert_ne!(marked(&program).as_deref(), Some(folder.path()));
            fs::write(folder.path().join(mark), "").unwrap();
            assert_eq!(marked(&program).as_deref(), Some(folder.path()));
        }
    }
}
