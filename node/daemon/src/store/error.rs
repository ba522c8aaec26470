//! What can go wrong in the store. All of it is this machine's trouble; none is a peer's fault.

use super::backend;
use std::io;
use std::path::{Path, PathBuf};

/// The store cannot go on. The node stops: what it cannot remember it must not say.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file could not be read or written.
    #[error("{path}: {source}; is the disk full or read-only?")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database failed.
    #[error("{path}: {source}; is the disk full, read-only or damaged?")]
    Database {
        /// The database.
        path: PathBuf,
        /// What it said.
        source: Box<redb::Error>,
    },
    /// Of a network of edition 1.
    #[error(
        "{path} has format {found} and is of a network of edition 1; those existed in tests only, and this program speaks \
         edition 2 of the protocol: move the data directory away and make a new one with `vantage init`; its four .key \
         files belong to no network and may be copied over those of the new one"
    )]
    Edition {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: u64,
    },
    /// Written by another version of the program.
    #[error(
        "{path} has format {found}, written by {by}; this program knows format {known} and would forget what it does not \
         know: use the version of the program that wrote it, or a later one"
    )]
    Format {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// Ours.
        known: u64,
        /// The program that wrote it last.
        by: String,
    },
    /// Gone, where a node has run.
    #[error(
        "{path} {what}, and it is the node's memory of what it has signed: without it the node would contradict its own \
         log, so it does not start. Restore the newest backup: vantage restore FILE --data NEW. Without a backup this \
         node id has come to its end: keep this directory as it is, and make a new node: vantage init --data NEW"
    )]
    Lost {
        /// The database.
        path: PathBuf,
        /// What became of it.
        what: &'static str,
    },
    /// Written for another network or by another node.
    #[error(
        "{path} is of another {what}: it is not the memory of the node whose keys lie beside it, or the genesis is \
         another one. Put back the file that belongs here, or use a new data directory: one serves one node in one network"
    )]
    Foreign {
        /// The database.
        path: PathBuf,
        /// `net` or `node`.
        what: String,
    },
    /// A count could not be kept.
    #[error("{0}")]
    Unrecorded(String),
    /// A record does not fit the ones before it.
    #[error(
        "{path}, record {index}: {why}; restore the data directory as a whole from one backup, or start a new node"
    )]
    Record {
        /// The database.
        path: PathBuf,
        /// Its place in the journal.
        index: u64,
        /// What is wrong.
        why: String,
    },
}

impl StoreError {
    /// Whether the disk, or this user's share of it, is full: then a start after room was made resumes.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Io { source, .. } => backend::is_full(source),
            Self::Database { source, .. } => {
                matches!(&**source, redb::Error::Io(error) if backend::is_full(error))
            }
            _ => false,
        }
    }

    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    pub(super) fn database(path: &Path, error: impl Into<redb::Error>) -> Self {
        Self::Database { path: path.to_owned(), source: Box::new(error.into()) }
    }
}
