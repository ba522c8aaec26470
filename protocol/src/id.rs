//! Fixed-width identifiers: one macro, one set of traits for every 32-byte id.

use core::fmt;
use core::str::FromStr;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Why a text or byte string is no identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {what}: expected {expected}, found {found}")]
pub struct BadId {
    /// Name of the identifier.
    pub what: &'static str,
    /// What it should have looked like.
    pub expected: &'static str,
    /// What was there instead, shortened.
    pub found: String,
}

/// Defines a 32-byte identifier with Debug, Display (lower-case hex), FromStr and serde (bytes on
/// the wire, hex for people).
macro_rules! id32 {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// The raw 32 bytes.
            pub fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// The first eight bytes as 16 hex digits: for labels and tables, never for lookups.
            pub fn short(&self) -> String {
                hex(&self.0[..8])
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.short())
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                parse_hex32(stringify!($name), text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                if s.is_human_readable() { s.serialize_str(&hex(&self.0)) } else { s.serialize_bytes(&self.0) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                deserialize32(d, stringify!($name)).map(Self)
            }
        }
    };
}

id32!(
    /// SHA-256 of the canonical genesis: names a network. Enters every hash, label and origin.
    NetId
);
id32!(
    /// A node's identity: its root Ed25519 public key.
    NodeId
);
id32!(
    /// A job's identity: the RFC 6962 leaf hash of its job leaf.
    JobId
);
id32!(
    /// A SHA-256 digest or Merkle tree hash.
    Hash
);
id32!(
    /// Blinds a commit until its reveal. Comes from the shell's random source.
    Salt
);

impl NetId {
    /// The 16 hex digits that stand for the network in origins and topics.
    pub fn net16(&self) -> String {
        self.short()
    }
}

impl From<JobId> for Hash {
    fn from(id: JobId) -> Self {
        Hash(id.0)
    }
}

/// A 64-byte Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({}…)", hex(&self.0[..4]))
    }
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.serialize_str(&hex(&self.0)) } else { s.serialize_bytes(&self.0) }
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let bytes = serde_bytes::ByteBuf::deserialize(d)?;
        let array: [u8; 64] =
            bytes.as_slice().try_into().map_err(|_| de::Error::invalid_length(bytes.len(), &"64 bytes"))?;
        Ok(Self(array))
    }
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |d: u8| char::from(if d < 10 { b'0' + d } else { b'a' + d - 10 });
    let mut text = String::with_capacity(bytes.len() * 2);
    for b in bytes {
        text.push(digit(b >> 4));
        text.push(digit(b & 15));
    }
    text
}

/// Bytes of an even-length lower-case hex text; upper case and everything else is refused.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes().chunks(2).map(|p| Some(digit(p[0])? << 4 | digit(p[1])?)).collect()
}

fn parse_hex32(what: &'static str, text: &str) -> Result<[u8; 32], BadId> {
    unhex(text).and_then(|b| b.try_into().ok()).ok_or_else(|| BadId {
        what,
        expected: "64 lower-case hex digits",
        found: text.chars().take(80).collect(),
    })
}

fn deserialize32<'de, D: Deserializer<'de>>(d: D, what: &'static str) -> Result<[u8; 32], D::Error> {
    if d.is_human_readable() {
        let text = String::deserialize(d)?;
        return parse_hex32(what, &text).map_err(de::Error::custom);
    }
    let bytes = serde_bytes::ByteBuf::deserialize(d)?;
    bytes.as_slice().try_into().map_err(|_| de::Error::invalid_length(bytes.len(), &"32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_round_trips_and_refuses_upper_case() {
        let id = NodeId([0xab; 32]);
        assert_eq!(id.to_string().parse::<NodeId>().unwrap(), id);
        assert!(id.to_string().to_uppercase().parse::<NodeId>().is_err());
        assert!("ab".parse::<NodeId>().is_err());
    }
}
