//! What all texts of a log have in common: lines, numbers, hashes, key ids (c2sp.org/signed-note).

use crate::hash::sha256;
use crate::id::Hash;
use crate::keys::PublicKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Note algorithm of a log's own signature: Ed25519 (signed-note).
pub const ALG_LOG: u8 = 0x01;
/// Note algorithm of a witness's cosignature: timestamped Ed25519 (tlog-cosignature).
pub const ALG_WITNESS: u8 = 0x04;
/// Most bytes of a note: fits the 64 lines below with the longest names of our own.
pub const MAX_NOTE_BYTES: usize = 16 * 1024;
/// Most lines of a note: 22 members' first and latest cosignatures, and room to spare.
pub const MAX_NOTE_LINES: usize = 64;
/// Longest key name in bytes: twice what our own names need, a guess for those of others.
const MAX_NAME_BYTES: usize = 256;
/// Longest piece of a bad text that an error repeats, in characters.
const MAX_FOUND_CHARS: usize = 80;

/// Whether this can name a key (signed-note): some text without blanks, control characters and `+`.
pub(super) fn is_name(name: &str) -> bool {
    let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    !name.is_empty() && name.len() <= MAX_NAME_BYTES && !name.contains(bad)
}

/// Why a text is no note, proof or request of ours, or a note is not by its log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The text is longer than any that we accept.
    #[error("{found} bytes are too many: at most {limit} are accepted")]
    TooLong {
        /// Length of the text in bytes.
        found: usize,
        /// Most bytes accepted.
        limit: usize,
    },
    /// The text has more lines than any that we accept.
    #[error("too many lines: at most {limit} are accepted")]
    TooManyLines {
        /// Most lines accepted.
        limit: usize,
    },
    /// The text does not end with a newline.
    #[error("the text breaks off: its last line does not end with a newline")]
    Unterminated,
    /// One line is not what stands there in the format.
    #[error("line {line}: expected {expected}, found {found:?}")]
    Line {
        /// Number of the line, from 1.
        line: usize,
        /// What the format wants there.
        expected: &'static str,
        /// What stands there instead, shortened.
        found: String,
    },
    /// A line would do, but for what stands at its end: a mail program or an editor was at work.
    #[error("line {line}: its end was changed: {what} stands before the newline")]
    LineEnd {
        /// Number of the line, from 1.
        line: usize,
        /// What stands there.
        what: &'static str,
    },
    /// There is no signature of the log, as its kind of key makes them.
    #[error("no line with a signature of 64 bytes is in the name of the log {origin}")]
    NoLogSignature {
        /// Which log.
        origin: String,
    },
    /// The key id of the log's signature line belongs to another key.
    #[error("the log's signature is by another key than the one registered for {origin}")]
    UnknownLogKey {
        /// Which log.
        origin: String,
    },
    /// The log's key did not sign this checkpoint.
    #[error("the signature of the log {origin} does not verify")]
    BadLogSignature {
        /// Which log.
        origin: String,
    },
}

impl NoteError {
    /// This error about a part of a text that begins after `lines` lines.
    pub(super) fn below(self, lines: usize) -> Self {
        match self {
            Self::Line { line, expected, found } => Self::Line { line: line + lines, expected, found },
            Self::LineEnd { line, what } => Self::LineEnd { line: line + lines, what },
            other => other,
        }
    }
}

/// The id of a key in a note: the first four bytes of SHA-256 over `name \n algorithm key`.
pub fn key_id(name: &str, alg: u8, key: &PublicKey) -> [u8; 4] {
    let mut bytes = Vec::with_capacity(name.len() + 34);
    bytes.extend_from_slice(name.as_bytes());
    bytes.push(b'\n');
    bytes.push(alg);
    bytes.extend_from_slice(&key.to_bytes());
    let [a, b, c, d, ..] = sha256(&bytes).0;
    [a, b, c, d]
}

/// A signature line with its newline: `— <name> base64(key id, signature)`.
pub(super) fn signature_line(name: &str, key_id: [u8; 4], signature: &[u8]) -> String {
    let payload = [&key_id[..], signature].concat();
    format!("— {name} {}\n", STANDARD.encode(payload))
}

/// A signature line of a note, whatever its key and algorithm are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OtherLine {
    /// Its place among the note's signature lines, from 0.
    pub at: usize,
    /// Name of the key.
    pub name: String,
    /// Short id of the key.
    pub key_id: [u8; 4],
    /// What follows the id; never empty.
    pub signature: Vec<u8>,
}

impl OtherLine {
    /// What a signature line has to be, for errors.
    pub(super) const FORM: &str = "a signature line: — <name> base64(key id, signature)";

    /// Reads a line without its newline.
    pub(super) fn read(line: &str, at: usize) -> Option<Self> {
        let (name, payload) = line.strip_prefix("— ")?.split_once(' ')?;
        if !is_name(name) {
            return None;
        }
        let payload = STANDARD.decode(payload).ok()?;
        let (key_id, signature) = payload.split_first_chunk::<4>()?;
        if signature.is_empty() {
            return None;
        }
        Some(Self { at, name: name.to_owned(), key_id: *key_id, signature: signature.to_vec() })
    }

    /// The line with its newline.
    pub fn to_line(&self) -> String {
        signature_line(&self.name, self.key_id, &self.signature)
    }
}

/// A decimal without sign and leading zeros.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    // the library takes a plus sign and leading zeros
    if number.to_string() == text { Some(number) } else { None }
}

/// A decimal that fits a signed 64-bit integer: the usual log tools count in those.
pub(super) fn decimal63(text: &str) -> Option<u64> {
    decimal(text).filter(|number| *number <= i64::MAX as u64)
}

/// A hash on a line.
pub(super) fn base64_hash(hash: &Hash) -> String {
    STANDARD.encode(hash.0)
}

/// Reads a hash from a line, in its one canonical form.
pub(super) fn parse_hash(text: &str) -> Option<Hash> {
    let bytes = STANDARD.decode(text).ok()?;
    bytes.try_into().ok().map(Hash)
}

/// The lines of a text, read one by one.
pub(super) struct Lines<'a> {
    rest: &'a str,
    read: usize,
}

impl<'a> Lines<'a> {
    /// A text of at most so many bytes.
    pub(super) fn new(text: &'a str, limit: usize) -> Result<Self, NoteError> {
        if text.len() > limit {
            return Err(NoteError::TooLong { found: text.len(), limit });
        }
        Ok(Self { rest: text, read: 0 })
    }

    /// Whether everything was read.
    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Number of lines read so far.
    pub(super) fn read(&self) -> usize {
        self.read
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }

    /// The next line without its newline, left unread.
    pub(super) fn peek(&self) -> Result<&'a str, NoteError> {
        self.rest.split_once('\n').map(|(line, _)| line).ok_or(NoteError::Unterminated)
    }

    /// Reads the next line as something; `expected` says what.
    pub(super) fn next<T>(
        &mut self,
        expected: &'static str,
        parse: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<T, NoteError> {
        let (line, rest) = self.rest.split_once('\n').ok_or(NoteError::Unterminated)?;
        self.read += 1;
        self.rest = rest;
        let what = if line.ends_with('\r') { Some("a carriage return") } else { None };
        let what = what.or_else(|| if line.ends_with([' ', '\t']) { Some("a blank") } else { None });
        parse(line).ok_or_else(|| match what {
            Some(what) => NoteError::LineEnd { line: self.read, what },
            None => NoteError::Line {
                line: self.read,
                expected,
                found: line.chars().take(MAX_FOUND_CHARS).collect(),
            },
        })
    }

    /// Reads hashes up to an empty line and that line too; no more than a proof has.
    pub(super) fn path(&mut self) -> Result<Vec<Hash>, NoteError> {
        let mut path = Vec::new();
        while !self.peek()?.is_empty() {
            if path.len() == super::MAX_PATH_HASHES {
                return Err(NoteError::TooManyLines { limit: super::MAX_PATH_HASHES });
            }
            path.push(self.next("a hash in base64", parse_hash)?);
        }
        self.blank()?;
        Ok(path)
    }

    /// Reads an empty line.
    pub(super) fn blank(&mut self) -> Result<(), NoteError> {
        self.next("an empty line", |line| if line.is_empty() { Some(()) } else { None })
    }
}
