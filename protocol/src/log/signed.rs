//! A checkpoint with its signatures: the signed note that travels.

use super::checkpoint::Checkpoint;
use super::cosignature::{Cosignature, CosignatureLine, LINE};
use super::note::{
    ALG_LOG, Lines, MAX_NOTE_BYTES, MAX_NOTE_LINES, NoteError, key_id, parse_signature_line, signature_line,
};
use super::origin::Origin;
use super::policy::PolicyError;
use crate::id::Signature;
use crate::keys::{KeyError, PublicKey};
use crate::memo::Memo;

/// Most cosignatures of a note: its lines less the body, the empty line and the log's signature.
pub const MAX_COSIGNATURES: usize = MAX_NOTE_LINES - 5;

/// A checkpoint with exactly one log signature and any cosignatures. What was parsed is not
/// verified yet: see [`verify_log`](Self::verify_log) and [`Policy`](super::Policy).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedCheckpoint {
    /// What is signed.
    pub checkpoint: Checkpoint,
    /// Short id of the key that the log signature claims.
    pub log_key_id: [u8; 4],
    /// The log's own signature.
    pub log_signature: Signature,
    /// What witnesses said, at most [`MAX_COSIGNATURES`] lines.
    pub cosignatures: Vec<CosignatureLine>,
}

impl SignedCheckpoint {
    /// The signed note: body, empty line, the log's line, the witnesses' lines.
    pub fn to_note(&self) -> String {
        let mut note = self.checkpoint.body();
        note.push('\n');
        let name = self.checkpoint.origin.to_string();
        note.push_str(&signature_line(&name, self.log_key_id, &self.log_signature.0));
        for line in &self.cosignatures {
            note.push_str(&line.to_line());
        }
        note
    }

    /// Reads a signed note. Refused are: over 64 lines or 16 KiB, extension lines, a log signature
    /// that is missing, not first or not the only one, any line that is no cosignature, a line
    /// that stands there twice, and anything that would not print back to the same bytes.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        let mut lines = Lines::new(note, MAX_NOTE_BYTES)?;
        let checkpoint = Checkpoint::read(&mut lines)?;
        lines.blank()?;
        let origin = checkpoint.origin.to_string();
        let (log_key_id, log_signature) =
            lines.next("the log's own signature line, named like the origin", |line| {
                let (name, key_id, payload) = parse_signature_line(line)?;
                let signature = Signature(payload.try_into().ok()?);
                if name == origin { Some((key_id, signature)) } else { None }
            })?;
        let mut cosignatures: Vec<CosignatureLine> = Vec::new();
        while !lines.is_empty() {
            if cosignatures.len() == MAX_COSIGNATURES {
                return Err(NoteError::TooManyLines { limit: MAX_NOTE_LINES });
            }
            let line = lines.next(LINE, |line| {
                CosignatureLine::read(line).filter(|line| line.name != origin && !cosignatures.contains(line))
            })?;
            cosignatures.push(line);
        }
        Ok(Self { checkpoint, log_key_id, log_signature, cosignatures })
    }

    /// Checks the log's signature against its registered key.
    pub fn verify_log(&self, key: &PublicKey) -> Result<(), NoteError> {
        self.check_log(key, |body| key.verify(body, &self.log_signature))
    }

    /// The same, unless it held before.
    pub fn verify_log_by(&self, key: &PublicKey, memo: &Memo) -> Result<(), NoteError> {
        self.check_log(key, |body| memo.verify(key, body, &self.log_signature))
    }

    fn check_log(
        &self,
        key: &PublicKey,
        verify: impl FnOnce(&[u8]) -> Result<(), KeyError>,
    ) -> Result<(), NoteError> {
        let origin = self.checkpoint.origin.to_string();
        if key_id(&origin, ALG_LOG, key) != self.log_key_id {
            return Err(NoteError::UnknownLogKey { origin });
        }
        verify(self.checkpoint.body().as_bytes()).map_err(|_| NoteError::BadLogSignature { origin })
    }

    /// Adds a cosignature by the witness with this log and this key, once it verifies. Of one
    /// witness the earliest and the latest line are kept; says whether anything changed. The lines
    /// that are there already are taken as verified.
    pub fn add(
        &mut self,
        witness: &Origin,
        key: &PublicKey,
        cosignature: Cosignature,
    ) -> Result<bool, PolicyError> {
        let invalid = |_| PolicyError::InvalidSignature { who: witness.node };
        cosignature.verify(&self.checkpoint, key).map_err(invalid)?;
        self.insert(CosignatureLine::new(witness, key, cosignature))
    }

    /// Adds a line that was verified, keeping of its key the earliest and the latest only.
    pub(super) fn insert(&mut self, line: CosignatureLine) -> Result<bool, PolicyError> {
        let time = line.cosignature.time;
        let times = || self.cosignatures.iter().filter(|l| l.same_key(&line)).map(|l| l.cosignature.time);
        let (first, last) = (times().min(), times().max());
        if first.is_some_and(|first| first <= time) && last.is_some_and(|last| time <= last) {
            return Ok(false);
        }
        // the end that the new line extends now lies between the two
        let first = first.filter(|first| *first <= time);
        let last = last.filter(|last| time <= *last);
        self.cosignatures.retain(|l| {
            let time = Some(l.cosignature.time);
            !l.same_key(&line) || time == first || time == last
        });
        if self.cosignatures.len() >= MAX_COSIGNATURES {
            return Err(PolicyError::Full);
        }
        self.cosignatures.push(line);
        self.cosignatures.sort_by(|a, b| a.rank().cmp(&b.rank()));
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
