//! A store that is gone where a node has run: its node must not begin anew under the same keys.

use super::files::DIR;
use super::{FILE, StoreError};
use crate::keys::KEYSET;
use std::fs;
use std::io;
use std::path::Path;

/// Refuses a data directory in which a node has run, and whose database is missing or empty. Without it the node would
/// sign a second leaf 0, and with it a fork of its own log. Tells whether one has run.
pub(super) fn refuse(data: &Path) -> Result<bool, StoreError> {
    let path = data.join(FILE);
    let has_run = fs::symlink_metadata(data.join(KEYSET)).is_ok() || holds_blocks(data);
    let what = match fs::metadata(&path) {
        Ok(found) if found.len() > 0 => return Ok(has_run),
        Ok(_) => "is empty",
        Err(error) if error.kind() == io::ErrorKind::NotFound => "is missing",
        Err(source) => return Err(StoreError::io(&path, source)),
    };
    if has_run { Err(StoreError::Lost { path, what }) } else { Ok(false) }
}

/// Whether blocks of a node are there: also one whose keyset was removed with its database has spoken.
fn holds_blocks(data: &Path) -> bool {
    fs::read_dir(data.join(DIR)).is_ok_and(|mut entries| entries.next().is_some())
}
