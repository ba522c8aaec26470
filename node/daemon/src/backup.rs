//! Copies of a data directory that can do no harm: backups that ask before they sign, and moves that leave one node.
//!
//! The store is the node's memory of what it signed. A node on an older copy could say something else where it has
//! spoken already; two nodes on equal copies will. So
//!
//! - a backup carries a mark, as the last record of its journal: a node that runs on it signs nothing until enough
//!   members have told it how long its log is (see `vantage_protocol::attester`);
//! - a move leaves the old directory *retired*: a file in it that every start refuses, on disk before the new directory
//!   can run.

mod archive;
mod manifest;
mod relocate;
mod restore;
mod retired;

pub use archive::write;
pub use manifest::{Manifest, Part, is_needed};
pub use relocate::relocate;
pub use restore::restore;
pub use retired::{RETIRED, Retired, refuse_retired};

use crate::lock::LockError;
use crate::store::StoreError;
use std::io;
use std::path::{Path, PathBuf};

/// Why a directory was not copied, or must not be used.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The directory is in use.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The store is at fault.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is something already where the copy should go.
    #[error("{path} exists already: nothing is overwritten; choose another place, or remove it")]
    Exists {
        /// The place.
        path: PathBuf,
    },
    /// The place lies nowhere.
    #[error("{path} is no directory that exists: make it first, or choose another place")]
    NoDirectory {
        /// The directory.
        path: PathBuf,
    },
    /// What another backup works on, or has left, is in the way.
    #[error(
        "{path} exists already: another backup to this place is under way or was interrupted, or it is somebody else's; \
         nothing of it is touched"
    )]
    Unfinished {
        /// The place.
        path: PathBuf,
    },
    /// The directory has been moved away.
    #[error("{dir} is retired: {why}. One node must never run twice")]
    Retired {
        /// The directory.
        dir: PathBuf,
        /// What became of it.
        why: String,
    },
    /// The file is no backup, or is damaged.
    #[error("{path} is no backup that can be used: {why}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
        /// What to do.
        help: &'static str,
    },
    /// The name of a backup is that of something else than a file.
    #[error("{path}: {source}")]
    NoFile {
        /// What was named.
        path: PathBuf,
        /// What it is.
        source: io::Error,
    },
    /// There is nothing to copy.
    #[error("{dir} holds no node that has ever run: keep copies of its key files instead")]
    Nothing {
        /// The directory.
        dir: PathBuf,
    },
    /// The destination lies in the source.
    #[error("{to} lies in the data directory: choose a place outside it")]
    Inside {
        /// The destination.
        to: PathBuf,
    },
}

impl BackupError {
    fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }
}

#[cfg(test)]
mod tests;
