//! A witness's cosignature of a checkpoint (c2sp.org/tlog-cosignature, Ed25519).

use super::checkpoint::CheckpointOf;
use super::note::{ALG_WITNESS, Lines, NoteError, OtherLine, key_id, signature_line};
use super::origin::{LogName, Origin};
use crate::id::Signature;
use crate::keys::{KeyError, PublicKey, WitnessKey};
use crate::memo::Memo;

/// What an answered cosignature has to be, for errors.
const LINE: &str = "a cosignature line: — <name> base64(key id, time, signature)";

/// A witness's word: at this time this was the largest head of the log that I had seen.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cosignature {
    /// When, in POSIX seconds; below 2^63.
    pub time: u64,
    /// Over `cosignature/v1 \n time <time> \n` and the checkpoint's body.
    pub signature: Signature,
}

impl Cosignature {
    /// Cosigns a checkpoint. That it extends all that this witness cosigned before is the caller's
    /// to have checked and recorded.
    pub fn make<O: LogName>(checkpoint: &CheckpointOf<O>, key: &WitnessKey, time: u64) -> Self {
        Self { time, signature: key.sign(message(&checkpoint.body(), time).as_bytes()) }
    }

    /// Checks it against the key of the witness.
    pub fn verify<O: LogName>(&self, checkpoint: &CheckpointOf<O>, key: &PublicKey) -> Result<(), KeyError> {
        key.verify(message(&checkpoint.body(), self.time).as_bytes(), &self.signature)
    }

    /// The same for a checkpoint's body, unless it held before.
    pub(super) fn verify_body(&self, body: &str, key: &PublicKey, memo: &Memo) -> Result<(), KeyError> {
        memo.verify(key, message(body, self.time).as_bytes(), &self.signature)
    }
}

fn message(body: &str, time: u64) -> String {
    let mut message = String::with_capacity(body.len() + 48);
    message.push_str("cosignature/v1\ntime ");
    message.push_str(&time.to_string());
    message.push('\n');
    message.push_str(body);
    message
}

/// The name of a witness's key: `<origin of its own log>/witness`.
pub fn witness_name(origin: &Origin) -> String {
    format!("{origin}/witness")
}

/// A cosignature as a line of a note: the claim of a name, not checked yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CosignatureLine {
    /// Name of the witness's key: [`witness_name`] for our own.
    pub name: String,
    /// Short id of that key: [`key_id`].
    pub key_id: [u8; 4],
    /// The cosignature.
    pub cosignature: Cosignature,
}

impl CosignatureLine {
    /// The line of the witness with this log and this witness key.
    pub fn new(witness: &Origin, key: &PublicKey, cosignature: Cosignature) -> Self {
        let name = witness_name(witness);
        let key_id = key_id(&name, ALG_WITNESS, key);
        Self { name, key_id, cosignature }
    }

    /// The line with its newline: what a witness answers to a tlog-witness request.
    pub fn to_line(&self) -> String {
        let Cosignature { time, signature } = &self.cosignature;
        signature_line(&self.name, self.key_id, &[&time.to_be_bytes()[..], &signature.0].concat())
    }

    /// Reads exactly one line with its newline.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = Lines::new(text, super::MAX_NOTE_BYTES)?;
        let line = lines.next(LINE, Self::read)?;
        if lines.is_empty() { Ok(line) } else { lines.next("the end of the line", |_| None) }
    }

    /// Reads a line without its newline.
    fn read(line: &str) -> Option<Self> {
        Self::of(&OtherLine::read(line, 0)?)
    }

    /// A signature line as a cosignature, if it has the length and the time of one.
    pub(super) fn of(line: &OtherLine) -> Option<Self> {
        let (time, signature) = line.signature.split_first_chunk::<8>()?;
        // the specification's limit of a time
        let time = Some(u64::from_be_bytes(*time)).filter(|time| *time <= i64::MAX as u64)?;
        let signature = Signature(signature.try_into().ok()?);
        let cosignature = Cosignature { time, signature };
        Some(Self { name: line.name.clone(), key_id: line.key_id, cosignature })
    }

    /// Whether two lines claim the same key.
    pub(super) fn same_key(&self, other: &Self) -> bool {
        self.name == other.name && self.key_id == other.key_id
    }

    /// The order of lines in a note.
    pub(super) fn rank(&self) -> (&str, [u8; 4], u64, &[u8; 64]) {
        (&self.name, self.key_id, self.cosignature.time, &self.cosignature.signature.0)
    }
}
