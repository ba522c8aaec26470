//! Files named on the command line: read with a bound, written once.

use super::error::{CliError, CliResult};
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::Path;

/// Reads a file of at most `bytes_max` bytes.
pub(super) fn read(path: &Path, bytes_max: u64) -> CliResult<Vec<u8>> {
    let open = |e| CliError::file("read", path, &e);
    let file = File::open(path).map_err(open)?;
    if file.metadata().map_err(open)?.is_dir() {
        return Err(CliError::usage("this is a directory").at(path.display()).advise("name a file in it"));
    }
    let mut bytes = Vec::new();
    file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes).map_err(open)?;
    if bytes.len() as u64 > bytes_max {
        return Err(CliError::usage(format!("the file has over {bytes_max} bytes, more than are read"))
            .at(path.display())
            .advise("check that it is the right file"));
    }
    Ok(bytes)
}

/// Reads a text file of at most `bytes_max` bytes.
pub(super) fn read_text(path: &Path, bytes_max: u64) -> CliResult<String> {
    String::from_utf8(read(path, bytes_max)?).map_err(|error| {
        CliError::usage(format!(
            "the file is not text: byte {} is not UTF-8",
            error.utf8_error().valid_up_to()
        ))
        .at(path.display())
        .advise("check that it is the right file, saved as UTF-8")
    })
}

/// Writes a file that must not exist yet; nothing is left behind where that fails.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> CliResult<()> {
    let refuse = |e: std::io::Error| CliError::file("write", path, &e);
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(refuse)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        // the first error is the one to tell
        let _ = std::fs::remove_file(path);
    }
    written.map_err(refuse)
}
