//! Files named on the command line: read with a bound, written once.

use super::error::{CliError, CliResult};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use vantage_daemon::{plain_file, private_file, text_file};

/// Reads a file of at most `bytes_max` bytes; or what a shell hands over, such as `/dev/stdin`.
pub(super) fn read(path: &Path, bytes_max: u64) -> CliResult<Vec<u8>> {
    let open = |e| CliError::file("read", path, &e);
    let file = plain_file::open_or_stream(path).map_err(|error| match error.kind() {
        ErrorKind::InvalidInput => CliError::usage(&error).at(path.display()).advise("name a file"),
        _ => open(error),
    })?;
    let mut bytes = Vec::new();
    file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes).map_err(open)?;
    if bytes.len() as u64 > bytes_max {
        return Err(CliError::usage(format!("the file has over {bytes_max} bytes, more than are read"))
            .at(path.display())
            .advise("check that it is the right file"));
    }
    Ok(bytes)
}

/// Reads a text file of at most `bytes_max` bytes; a byte order mark and CR LF mean nothing.
pub(super) fn read_text(path: &Path, bytes_max: u64) -> CliResult<String> {
    text_file::read(read(path, bytes_max)?).map_err(|error| {
        CliError::usage(error).at(path.display()).advise("check that it is the right file, saved as UTF-8")
    })
}

/// Writes a file that must not exist yet, whole or not at all.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> CliResult<()> {
    let draft = Draft::begin(path)?;
    let refuse = |e: std::io::Error| CliError::file("write", path, &e);
    let mut file = OpenOptions::new().write(true).create_new(true).open(draft.place()).map_err(refuse)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(refuse)?;
    draft.finish()
}

/// A file under way beside its place: it gets its name when it is whole. Whatever ends the program before leaves at most
/// a part under another name, which the next attempt replaces.
pub(super) struct Draft {
    path: PathBuf,
    staged: PathBuf,
}

impl Draft {
    /// Refuses a place that is taken.
    pub(super) fn begin(path: &Path) -> CliResult<Self> {
        let refuse = |e: std::io::Error| CliError::file("write", path, &e);
        if fs::symlink_metadata(path).is_ok() {
            return Err(refuse(ErrorKind::AlreadyExists.into()));
        }
        let draft = Self { path: path.to_owned(), staged: private_file::beside(path, "part") };
        match fs::remove_file(&draft.staged) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(refuse(error)),
            _ => Ok(draft),
        }
    }

    /// Where to write.
    pub(super) fn place(&self) -> &Path {
        &self.staged
    }

    /// Gives it its name.
    pub(super) fn finish(self) -> CliResult<()> {
        private_file::publish(&self.staged, &self.path).map_err(|e| CliError::file("write", &self.path, &e))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // it is gone already if it was finished
        let _ = fs::remove_file(&self.staged);
    }
}
