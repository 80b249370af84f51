//! Where the local cloud keeps its files: `<target>/local`, so that nothing lies outside the
//! workspace and `cargo clean` removes it all.

use std::env;
use std::path::{Path, PathBuf};

/// `<target>/local`, or what `CAIRN_LOCAL_DIR` names.
pub(crate) fn local() -> PathBuf {
    match env::var_os("CAIRN_LOCAL_DIR") {
        Some(folder) if !folder.is_empty() => PathBuf::from(folder),
        _ => target().join("local"),
    }
}

/// Cargo's target folder: the one this very program was built into, if it lies in one (cargo marks
/// the folder with `CACHEDIR.TAG`), or else the workspace's default.
pub(crate) fn target() -> PathBuf {
    let built = env::current_exe().ok().and_then(|program| marked(&program));
    built.unwrap_or_else(|| workspace().join("target"))
}

fn marked(program: &Path) -> Option<PathBuf> {
    let folder = program.ancestors().skip(1).find(|f| f.join("CACHEDIR.TAG").is_file())?;
    Some(folder.to_path_buf())
}

/// The root of the workspace that this crate was compiled in.
pub(crate) fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}
