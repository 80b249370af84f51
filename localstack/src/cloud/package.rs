//! The package of a function: a zip file with the binary as `bootstrap`.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cairn_ledger::Hash;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::error::CloudError;

/// The package. The same binary makes the same bytes: no times, no owners.
pub(super) fn of(binary: &Path) -> Result<Vec<u8>, CloudError> {
    let path = binary.to_path_buf();
    let program = match fs::read(binary) {
        Ok(program) => program,
        Err(source) => return Err(CloudError::Io { path, source }),
    };
    write(&program).map_err(|source| CloudError::Package { path, source })
}

/// The package's SHA-256 as Lambda tells it.
pub(super) fn sha256(package: &[u8]) -> String {
    STANDARD.encode(Hash::of(package).as_bytes())
}

fn write(program: &[u8]) -> Result<Vec<u8>, zip::result::ZipError> {
    let mut package = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(1))
        .unix_permissions(0o755);
    package.start_file("bootstrap", options)?;
    package.write_all(program)?;
    Ok(package.finish()?.into_inner())
}
