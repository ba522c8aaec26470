//! A checkpoint with its signatures: the signed note that travels.

use super::checkpoint::CheckpointOf;
use super::cosignature::{Cosignature, CosignatureLine};
use super::note::{
    ALG_LOG, Lines, MAX_NOTE_BYTES, MAX_NOTE_LINES, NoteError, OtherLine, key_id, signature_line,
};
use super::origin::{LogName, Origin};
use super::policy_error::PolicyError;
use crate::id::Signature;
use crate::keys::{KeyError, LogKey, PublicKey};
use crate::memo::Memo;

/// Most cosignatures of a note: its lines less the body, the empty line and the log's signature.
pub const MAX_COSIGNATURES: usize = MAX_NOTE_LINES - 5;

/// A signed checkpoint of one of our logs.
pub type SignedCheckpoint = SignedCheckpointOf<Origin>;

/// A checkpoint with a log signature, any cosignatures, and any lines that nobody here can read. What
/// was parsed is not verified yet: see [`verify_log`](Self::verify_log) and [`Policy`](super::Policy).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedCheckpointOf<O> {
    /// What is signed.
    pub checkpoint: CheckpointOf<O>,
    /// Short id of the key that the log signature claims.
    pub log_key_id: [u8; 4],
    /// The log's own signature.
    pub log_signature: Signature,
    /// Where the log's line stands among the signature lines: first, where we wrote the note.
    pub log_at: usize,
    /// What witnesses said. With `others` at most [`MAX_COSIGNATURES`] lines.
    pub cosignatures: Vec<CosignatureLine>,
    /// Lines of other algorithms or lengths, further lines in the log's name, and repeats, by their
    /// place. They say nothing, and are kept so that the note prints back.
    pub others: Vec<OtherLine>,
}

impl<O: LogName> CheckpointOf<O> {
    /// Signs it with the log's own key.
    pub fn sign(&self, key: &LogKey) -> SignedCheckpointOf<O> {
        SignedCheckpointOf {
            checkpoint: self.clone(),
            log_key_id: key_id(&self.origin.to_string(), ALG_LOG, &key.public()),
            log_signature: key.sign(self.body().as_bytes()),
            log_at: 0,
            cosignatures: Vec::new(),
            others: Vec::new(),
        }
    }
}

impl<O: LogName> SignedCheckpointOf<O> {
    /// The signed note: body, empty line, then the signature lines where they stood; the log's line
    /// and the witnesses' where nothing else is kept.
    pub fn to_note(&self) -> String {
        let mut note = self.checkpoint.body();
        note.push('\n');
        let name = self.checkpoint.origin.to_string();
        let mut log = Some(signature_line(&name, self.log_key_id, &self.log_signature.0));
        let mut others = self.others.iter().peekable();
        let mut cosignatures = self.cosignatures.iter();
        for at in 0.. {
            let line = log
                .take_if(|_| at >= self.log_at)
                .or_else(|| others.next_if(|other| other.at <= at).map(OtherLine::to_line))
                .or_else(|| cosignatures.next().map(CosignatureLine::to_line))
                .or_else(|| others.next().map(OtherLine::to_line))
                .or_else(|| log.take());
            match line {
                Some(line) => note.push_str(&line),
                None => break,
            }
        }
        note
    }

    /// Reads a signed note. Refused are: over 64 lines or 16 KiB, extension lines, a note without a
    /// line of 64 bytes in the log's name, and a line that is none of a note. Everything else is kept
    /// and prints back to the same bytes: what counts of it is for [`verify_log`](Self::verify_log)
    /// and [`Policy`](super::Policy) to say.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        let mut lines = Lines::new(note, MAX_NOTE_BYTES)?;
        let checkpoint = CheckpointOf::<O>::read(&mut lines)?;
        lines.blank()?;
        let origin = checkpoint.origin.to_string();
        let mut log = None;
        let (mut cosignatures, mut others): (Vec<CosignatureLine>, _) = (Vec::new(), Vec::new());
        let mut at = 0;
        while !lines.is_empty() {
            if at > MAX_COSIGNATURES {
                return Err(NoteError::TooManyLines { limit: MAX_NOTE_LINES });
            }
            let line = lines.next(OtherLine::FORM, |line| OtherLine::read(line, at))?;
            let cosignature = if line.name == origin { None } else { CosignatureLine::of(&line) };
            match (cosignature, <[u8; 64]>::try_from(line.signature.as_slice())) {
                (Some(line), _) if !cosignatures.contains(&line) => cosignatures.push(line),
                (None, Ok(signature)) if line.name == origin && log.is_none() => {
                    log = Some((line.key_id, Signature(signature), at));
                }
                _ => others.push(line),
            }
            at += 1;
        }
        let Some((log_key_id, log_signature, log_at)) = log else {
            return Err(NoteError::NoLogSignature { origin });
        };
        Ok(Self { checkpoint, log_key_id, log_signature, log_at, cosignatures, others })
    }

    /// Takes the line by this key as the log's, if lines by several keys stand in the log's name.
    pub fn by_log(mut self, key: &PublicKey) -> Self {
        let origin = self.checkpoint.origin.to_string();
        let id = key_id(&origin, ALG_LOG, key);
        let is_its = |line: &OtherLine| line.name == origin && line.key_id == id;
        if self.log_key_id != id
            && let Some(place) = self.others.iter().position(is_its)
            && let Some(line) = self.others.get_mut(place)
            && let Ok(signature) = <[u8; 64]>::try_from(line.signature.as_slice())
        {
            (line.key_id, self.log_key_id) = (self.log_key_id, id);
            line.signature = self.log_signature.0.to_vec();
            self.log_signature = Signature(signature);
            (line.at, self.log_at) = (self.log_at, line.at);
            self.others.sort_by_key(|line| line.at);
        }
        self
    }

    /// Drops what says nothing: the lines that nobody here can read.
    pub(super) fn forget_others(&mut self) {
        self.others.clear();
        self.log_at = 0;
    }

    /// Checks the log's signature against its registered key. Lines in the log's name by other keys
    /// are ignored; one more by this key spoils the note unless it is the same.
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
        let is_its = |line: &&OtherLine| line.name == origin && line.key_id == self.log_key_id;
        if self.others.iter().filter(is_its).any(|line| line.signature != self.log_signature.0) {
            return Err(NoteError::BadLogSignature { origin });
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
        if self.cosignatures.len() + self.others.len() >= MAX_COSIGNATURES {
            return Err(PolicyError::Full);
        }
        self.cosignatures.push(line);
        self.cosignatures.sort_by(|a, b| a.rank().cmp(&b.rank()));
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
