//! What a log asks of a witness (c2sp.org/tlog-witness, the body of add-checkpoint).

use super::note::{Lines, MAX_NOTE_BYTES, NoteError, base64_hash, decimal63};
use super::path::{MAX_PATH_HASHES, ProofError, verify_consistency};
use super::signed::SignedCheckpoint;
use crate::id::Hash;

/// Most bytes of a request: its note, its proof in base64, two short lines.
const MAX_REQUEST_BYTES: usize = MAX_NOTE_BYTES + MAX_PATH_HASHES * 45 + 64;

/// A request to cosign a checkpoint that extends an older one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AddCheckpoint {
    /// Size of the head that the witness cosigned last; 0 for none.
    pub old: u64,
    /// Consistency proof from that head to the new one; empty for 0 and for the same size.
    pub proof: Vec<Hash>,
    /// The head to cosign.
    pub checkpoint: SignedCheckpoint,
}

impl AddCheckpoint {
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
        let checkpoint = SignedCheckpoint::parse(lines.rest()).map_err(|e| e.below(above))?;
        Ok(Self { old, proof, checkpoint })
    }

    /// Checks that the checkpoint extends the head of size `self.old` with this root. An old size
    /// beyond the new one is answered with 400, any other failure with 422 (or 409 where the sizes
    /// are equal).
    pub fn verify_extends(&self, old_root: &Hash) -> Result<(), ProofError> {
        let new = &self.checkpoint.checkpoint;
        verify_consistency(self.old, old_root, new.size, &new.root, &self.proof)
    }
}

#[cfg(test)]
mod tests;
