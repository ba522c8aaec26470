//! An offline proof that a leaf is in a log (c2sp.org/tlog-proof).

use super::leaf::leaf_hash;
use super::note::{Lines, MAX_NOTE_BYTES, NoteError, base64_hash, decimal63};
use super::path::{MAX_PATH_HASHES, ProofError, verify_inclusion};
use super::signed::SignedCheckpoint;
use crate::id::Hash;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Most bytes of extra data in a proof: as many as a leaf may have.
pub const MAX_EXTRA_BYTES: usize = 16 * 1024;
/// First line of a proof.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// Most bytes of a proof: its note, its extra data and path in base64, three short lines.
const MAX_PROOF_BYTES: usize = MAX_NOTE_BYTES + MAX_EXTRA_BYTES.div_ceil(3) * 4 + MAX_PATH_HASHES * 45 + 128;

/// A leaf's place in a log and the signed checkpoint that shows it. A parsed proof shows nothing
/// before its inclusion, the log's signature and the cosignatures were checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TlogProof {
    /// Index of the leaf in the log.
    pub index: u64,
    /// Audit path from the leaf's sibling upwards.
    pub path: Vec<Hash>,
    /// Under which head it is.
    pub checkpoint: SignedCheckpoint,
    /// Data along with the proof that nothing vouches for; never empty, at most
    /// [`MAX_EXTRA_BYTES`].
    pub extra: Option<Vec<u8>>,
}

impl TlogProof {
    /// The text form; ends with the checkpoint's note.
    pub fn to_text(&self) -> String {
        let mut text = format!("{HEADER}\n");
        if let Some(extra) = self.extra.as_deref().filter(|extra| !extra.is_empty()) {
            text.push_str(&format!("extra {}\n", STANDARD.encode(extra)));
        }
        text.push_str(&format!("index {}\n", self.index));
        for hash in &self.path {
            text.push_str(&base64_hash(hash));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.checkpoint.to_note());
        text
    }

    /// Reads such a text; whatever would not print back to the same bytes is refused.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = Lines::new(text, MAX_PROOF_BYTES)?;
        lines.next(HEADER, |line| if line == HEADER { Some(()) } else { None })?;
        let extra = if lines.peek()?.starts_with("extra") {
            Some(lines.next("extra data in base64: 1 byte to 16 KiB", parse_extra)?)
        } else {
            None
        };
        let index = lines
            .next("index and the leaf's index in decimal, below 2^63 and without leading zeros", |line| {
                line.strip_prefix("index ").and_then(decimal63)
            })?;
        let path = lines.path()?;
        let above = lines.read();
        let checkpoint = SignedCheckpoint::parse(lines.rest()).map_err(|e| e.below(above))?;
        Ok(Self { index, path, checkpoint, extra })
    }

    /// Checks that these leaf bytes are at the index under the checkpoint's root.
    pub fn verify_inclusion(&self, leaf: &[u8]) -> Result<(), ProofError> {
        let checkpoint = &self.checkpoint.checkpoint;
        verify_inclusion(&leaf_hash(leaf), self.index, checkpoint.size, &self.path, &checkpoint.root)
    }
}

fn parse_extra(line: &str) -> Option<Vec<u8>> {
    let extra = STANDARD.decode(line.strip_prefix("extra ")?).ok()?;
    if extra.is_empty() || extra.len() > MAX_EXTRA_BYTES { None } else { Some(extra) }
}

#[cfg(test)]
mod tests;
