//! The head of a log (c2sp.org/tlog-checkpoint): what the log signs and witnesses cosign.

use super::note::{Lines, NoteError, base64_hash, decimal63, parse_hash};
use super::origin::{LogName, Origin};
use crate::id::Hash;

/// A checkpoint of one of our logs.
pub type Checkpoint = CheckpointOf<Origin>;

/// A log's claim: my first `size` leaves have this root.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckpointOf<O> {
    /// Which log.
    pub origin: O,
    /// Number of leaves, below 2^63.
    pub size: u64,
    /// RFC 6962 root over them.
    pub root: Hash,
}

impl<O: LogName> CheckpointOf<O> {
    /// The note text: `origin \n size \n base64(root) \n`.
    pub fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, base64_hash(&self.root))
    }

    /// Reads exactly such a text; extension lines are refused.
    pub fn parse(body: &str) -> Result<Self, NoteError> {
        let mut lines = Lines::new(body, super::MAX_NOTE_BYTES)?;
        let checkpoint = Self::read(&mut lines)?;
        if lines.is_empty() {
            Ok(checkpoint)
        } else {
            lines.next("the end of the checkpoint: extension lines are not accepted", |_| None)
        }
    }

    /// Reads the three lines of a body and leaves the rest.
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, NoteError> {
        let origin = lines.next(O::FORM, |line| line.parse().ok())?;
        let size = lines.next("a tree size in decimal, below 2^63 and without leading zeros", decimal63)?;
        let root = lines.next("a root hash in base64", parse_hash)?;
        Ok(Self { origin, size, root })
    }
}
