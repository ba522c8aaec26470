//! The mark of a directory in which no node may run any more, or not yet.

use super::BackupError;
use crate::{plain_file, private_file};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// Name of the file.
pub const RETIRED: &str = "retired.json";

/// Longest mark that is read, bytes: a path.
const BYTES_MAX: u64 = 64 * 1024;

/// What became of a directory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Retired {
    /// Its node lives elsewhere now, for good.
    Moved {
        /// Where.
        to: PathBuf,
        /// Since when, POSIX seconds.
        at_s: u64,
    },
    /// The copy of a move that is not finished.
    Arriving {
        /// Where it comes from.
        from: PathBuf,
    },
}

impl Retired {
    /// Reads a directory's mark, if it has one. One that cannot be read counts as one.
    pub(super) fn of(dir: &Path) -> Result<Option<Self>, BackupError> {
        let path = dir.join(RETIRED);
        match plain_file::read(&path, BYTES_MAX) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|_| BackupError::Retired {
                dir: dir.to_owned(),
                why: format!("its {RETIRED} is not readable"),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(BackupError::io(&path, source)),
        }
    }

    /// Writes it, durable when this returns.
    pub(super) fn put(&self, dir: &Path) -> Result<(), BackupError> {
        let path = dir.join(RETIRED);
        let json = serde_json::to_vec(self).map_err(io::Error::from);
        let written = json.and_then(|json| private_file::replace(&path, &json));
        written.map_err(|source| BackupError::io(&path, source))
    }
}

/// Refuses a directory in which no node may run.
pub fn refuse_retired(dir: &Path) -> Result<(), BackupError> {
    let why = match Retired::of(dir)? {
        None => return Ok(()),
        Some(Retired::Moved { to, .. }) => {
            format!(
                "its node was moved to {}; run it there: vantage run --data {}",
                to.display(),
                to.display()
            )
        }
        Some(Retired::Arriving { from }) => format!(
            "it is the copy of a move that was not finished; finish it: vantage move --data {} --to {}",
            from.display(),
            dir.display()
        ),
    };
    Err(BackupError::Retired { dir: dir.to_owned(), why })
}
