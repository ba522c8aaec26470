//! The one codec: canonical DAG-CBOR, strict and limited.
//!
//! Whatever comes from outside is decoded, checked against its type's limits, encoded again and
//! compared: so exactly one byte string is accepted for each value (I11).

use crate::cid::Cid;
use ipld_core::codec::Links;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_ipld_dagcbor::codec::DagCborCodec;

/// A value that travels or is stored as canonical DAG-CBOR.
pub trait Wire: Serialize + DeserializeOwned {
    /// Name for errors.
    const NAME: &'static str;
    /// Longest accepted encoding, bytes.
    const BYTES_MAX: usize;

    /// Bounds and rules beyond the shape. The error says which field is wrong and why.
    fn check(&self) -> Result<(), String>;
}

/// Why bytes are not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Longer than the type allows.
    #[error("{name}: {found} bytes, at most {max} are allowed")]
    TooLong {
        /// Type that was expected.
        name: &'static str,
        /// Bytes found.
        found: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// Not DAG-CBOR of this shape.
    #[error("{name}: not the expected DAG-CBOR: {why}")]
    Shape {
        /// Type that was expected.
        name: &'static str,
        /// What the decoder said.
        why: String,
    },
    /// Not TOML of this shape.
    #[error("{name}: not the expected TOML: {why}")]
    Text {
        /// Type that was expected.
        name: &'static str,
        /// What the reader said.
        why: String,
    },
    /// Decodes, but is not the one canonical encoding.
    #[error("{name}: not canonical: encoding the value again gives other bytes")]
    NotCanonical {
        /// Type that was expected.
        name: &'static str,
    },
    /// Decodes, but breaks a limit or rule of its type.
    #[error("{name}: {why}")]
    Rule {
        /// Type that was expected.
        name: &'static str,
        /// Which rule.
        why: String,
    },
}

/// The canonical encoding. Types of this crate hold neither floats nor maps with other than text
/// keys, so they always have one.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    serde_ipld_dagcbor::to_vec(value).expect("our types always encode") // tidy: no float, no odd key in any of our types
}

/// Decodes bytes from outside.
pub fn decode<T: Wire>(bytes: &[u8]) -> Result<T, WireError> {
    let name = T::NAME;
    if bytes.len() > T::BYTES_MAX {
        return Err(WireError::TooLong { name, found: bytes.len(), max: T::BYTES_MAX });
    }
    let value: T = serde_ipld_dagcbor::from_slice(bytes)
        .map_err(|error| WireError::Shape { name, why: words(error).chars().take(200).collect() })?;
    if encode(&value) != bytes {
        return Err(WireError::NotCanonical { name });
    }
    value.check().map_err(|why| WireError::Rule { name, why })?;
    Ok(value)
}

/// The links in DAG-CBOR of any shape, in the order in which they stand in its bytes; as far as they are ids of ours,
/// and none in what cannot be read.
pub(crate) fn links(bytes: &[u8]) -> Vec<Cid> {
    let found = DagCborCodec::links(bytes).into_iter().flatten();
    found.filter_map(|cid| Cid::from_bytes(&cid.to_bytes()).ok()).collect()
}

/// The version that a text in TOML names, if it names one.
pub(crate) fn toml_version(text: &str) -> Option<i64> {
    text.parse::<toml::Table>().ok()?.get("v")?.as_integer()
}

/// Reads the TOML form that people write, of the one version that is known. Unknown keys are refused; nothing is checked yet.
pub(crate) fn read_toml<T: Wire>(text: &str, known: u32) -> Result<T, WireError> {
    let name = T::NAME;
    // another version may have other fields: its number tells before they are missed
    if let Some(other) = toml_version(text).filter(|v| *v != i64::from(known)) {
        return Err(WireError::Rule { name, why: format!("v: is {other}, and this program knows {known}") });
    }
    toml::from_str(text).map_err(|e| WireError::Text { name, why: e.to_string() })
}

/// Checks of single fields, phrased for people.
pub(crate) mod rule {
    /// At most `max` items.
    pub(crate) fn at_most(what: &str, found: usize, max: usize) -> Result<(), String> {
        if found > max { Err(format!("{what}: {found} items, at most {max} are allowed")) } else { Ok(()) }
    }

    /// Between one and `max` items.
    pub(crate) fn some(what: &str, found: usize, max: usize) -> Result<(), String> {
        if found == 0 { Err(format!("{what}: at least one is needed")) } else { at_most(what, found, max) }
    }

    /// A number within bounds.
    pub(crate) fn within(what: &str, found: u64, min: u64, max: u64) -> Result<(), String> {
        if found < min || found > max {
            Err(format!("{what}: {found} is not within {min} to {max}"))
        } else {
            Ok(())
        }
    }

    /// Non-empty text without control characters.
    pub(crate) fn text(what: &str, found: &str, bytes_max: usize) -> Result<(), String> {
        if found.is_empty() {
            Err(format!("{what}: empty"))
        } else if found.len() > bytes_max {
            Err(format!("{what}: {} bytes, at most {bytes_max} are allowed", found.len()))
        } else if holds_controls(found) {
            Err(format!("{what}: holds control characters"))
        } else {
            Ok(())
        }
    }

    /// Like `char::is_control` for each character, by bytes where all of them are ASCII.
    fn holds_controls(text: &str) -> bool {
        text.bytes().any(|byte| byte.is_ascii_control())
            || (!text.is_ascii() && text.chars().any(char::is_control))
    }

    /// A name of our own: lower-case letters, digits and `-_.:/`, as used for regions, operators, open models.
    pub(crate) fn name(what: &str, found: &str) -> Result<(), String> {
        text(what, found, crate::params::NAME_BYTES_MAX)?;
        let good = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b':' | b'/');
        if found.bytes().all(good) {
            Ok(())
        } else {
            Err(format!("{what}: {found:?} may hold only lower-case letters, digits and -_.:/"))
        }
    }

    /// A name as others spell it: printable ASCII without spaces.
    pub(crate) fn spelled(what: &str, found: &str, bytes_max: usize) -> Result<(), String> {
        text(what, found, bytes_max)?;
        if found.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(())
        } else {
            Err(format!("{what}: {found:?} may hold only printable ASCII characters, and no space"))
        }
    }

    /// Strictly ascending: sorted, nothing twice.
    pub(crate) fn ascending<T: Ord>(what: &str, items: &[T]) -> Result<(), String> {
        if items.windows(2).all(|w| w[0] < w[1]) {
            Ok(())
        } else {
            Err(format!("{what}: must be sorted, nothing twice"))
        }
    }
}

/// What the decoder says, in words: its own text shows how it is built.
pub(crate) fn words<E: core::fmt::Debug>(error: serde_ipld_dagcbor::DecodeError<E>) -> String {
    use serde_ipld_dagcbor::DecodeError as Error;
    match error {
        Error::Msg(why) => why,
        Error::Eof { name, .. } => format!("it ends where a {name} should stand"),
        Error::Mismatch { name, found } => format!("byte 0x{found:02x} stands where a {name} should"),
        Error::Unsupported { found, .. } => format!("byte 0x{found:02x} begins nothing that is read"),
        Error::TrailingData => "something follows it".to_owned(),
        _ => "it is not as the format has it".to_owned(),
    }
}
