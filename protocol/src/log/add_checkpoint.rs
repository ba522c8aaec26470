//! What a log asks of a witness (c2sp.org/tlog-witness, the body of add-checkpoint).

use super::leaf::empty_root;
use super::note::{Lines, MAX_NOTE_BYTES, NoteError, base64_hash, decimal63};
use super::origin::{LogName, Origin};
use super::path::{MAX_PATH_HASHES, ProofError, verify_consistency};
use super::signed::SignedCheckpointOf;
use crate::id::Hash;

/// Most bytes of a request: its note, its proof in base64, two short lines.
const MAX_REQUEST_BYTES: usize = MAX_NOTE_BYTES + MAX_PATH_HASHES * 45 + 64;

/// A request about one of our logs.
pub type AddCheckpoint = AddCheckpointOf<Origin>;

/// A request to cosign a checkpoint that extends an older one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AddCheckpointOf<O> {
    /// Size of the head that the witness cosigned last; 0 for none.
    pub old: u64,
    /// Consistency proof from that head to the new one; empty for 0 and for the same size.
    pub proof: Vec<Hash>,
    /// The head to cosign.
    pub checkpoint: SignedCheckpointOf<O>,
}

impl<O: LogName> AddCheckpointOf<O> {
    /// The text form; ends with the checkpoint's note.
    pub fn to_text(&self) -> String {
        let mut text = format!("old {}\n", self.old);
        for hash in &self.proof {
            text.push_str(&base64_hash(hash));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.checkpoint.to_note());
        text
    }

    /// Reads such a text. A request that does not parse is answered with 400.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = Lines::new(text, MAX_REQUEST_BYTES)?;
        let old = lines.next("old and a tree size in decimal, below 2^63", |line| {
            line.strip_prefix("old ").and_then(decimal63)
        })?;
        let proof = lines.path()?;
        let above = lines.read();
        let checkpoint = SignedCheckpointOf::parse(lines.rest()).map_err(|e| e.below(above))?;
        Ok(Self { old, proof, checkpoint })
    }

    /// The witness's rule: the checkpoint extends the largest head of this log that the witness has cosigned, size and root;
    /// none if it has cosigned none. That the log has signed it is asked before.
    pub fn extends(&self, cosigned: Option<(u64, Hash)>) -> Result<(), ExtendError> {
        let (size, root) = cosigned.unwrap_or_else(|| (0, empty_root()));
        let new = &self.checkpoint.checkpoint;
        if self.old != size || new.size < size {
            return Err(ExtendError::Size(size));
        }
        verify_consistency(size, &root, new.size, &new.root, &self.proof).map_err(ExtendError::Proof)
    }
}

/// Why a witness does not cosign.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ExtendError {
    /// The request goes on from another head than the witness's, or back; answered with 409 and the size.
    #[error("this witness has cosigned {0} leaves")]
    Size(u64),
    /// It is no extension; answered with 422.
    #[error(transparent)]
    Proof(ProofError),
}

#[cfg(test)]
mod tests;
