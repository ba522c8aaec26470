//! Test-bed startup errors.

use std::path::PathBuf;

/// Test-bed startup errors.
#[derive(Debug, thiserror::Error)]
pub enum BedError {
    /// There is no release of the program for this machine.
    #[error("{what} is published for Linux on x86-64 with glibc only; this is {os} on {arch}")]
    Machine {
        /// The program.
        what: &'static str,
        /// Operating system.
        os: &'static str,
        /// Processor.
        arch: &'static str,
    },
    /// A download did not succeed.
    #[error("cannot get {what}: {why}")]
    Download {
        /// Package and version.
        what: String,
        /// What went wrong.
        why: String,
    },
    /// What came is not what is pinned.
    #[error("{what} is not the pinned one: expected sha256 {expected}, found {found}; nothing was installed")]
    WrongHash {
        /// The file.
        what: String,
        /// Pinned hash.
        expected: &'static str,
        /// Hash of what came.
        found: String,
    },
    /// A file or directory could not be used.
    #[error("cannot use {0}: {1}")]
    Io(PathBuf, std::io::Error),
    /// A program did not start.
    #[error("{program} did not start: {why}")]
    Spawn {
        /// The program.
        program: String,
        /// What the system said.
        why: std::io::Error,
    },
    /// A process ended, or a condition did not come true in time.
    #[error(transparent)]
    NotReady(Box<NotReady>),
    /// No port was free, time and again.
    #[error("no free port on loopback among {0}")]
    NoPort(&'static str),
    /// The daemon's service bus failed.
    #[error("service bus: {0}")]
    Bus(String),
    /// A call of the daemon's REST API failed.
    #[error("{call}: {why}")]
    Rest {
        /// Method and path.
        call: String,
        /// Status and body, or why there was no answer.
        why: String,
    },
    /// An image is not what it should be.
    #[error("image: {0}")]
    Image(String),
    /// The system gave no random bytes.
    #[error("no random bytes: {0}")]
    Random(getrandom::Error),
}

/// A process that ended, or a condition that did not come true in time.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {what}, after {waited_s} s ({why}); the end of {log}:\n{tail}")]
pub struct NotReady {
    /// Name of the process.
    pub name: String,
    /// What was waited for.
    pub what: String,
    /// How long.
    pub waited_s: u64,
    /// What was seen last.
    pub why: String,
    /// Its log file.
    pub log: PathBuf,
    /// The last lines of it.
    pub tail: String,
}

impl BedError {
    /// For `map_err` at a file.
    pub(crate) fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io(path, source)
    }
}
