//! Content ids, narrowed to what Vantage stores: CIDv1, SHA-256, raw or DAG-CBOR.

use crate::hash::sha256;
use crate::id::{BadId, Hash};
use core::fmt;
use core::str::FromStr;
use multihash::Multihash;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Multicodec of a raw block.
const RAW: u64 = 0x55;
/// Multicodec of DAG-CBOR.
const DAG_CBOR: u64 = 0x71;
/// Multicodec of UnixFS nodes.
const DAG_PB: u64 = 0x70;
/// Multihash code of the identity.
const IDENTITY: u64 = 0;
/// Multihash code of SHA-256.
const SHA2_256: u64 = 0x12;

/// How the bytes of a block are to be read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Codec {
    /// Opaque bytes: an answer, a response body.
    Raw,
    /// Canonical DAG-CBOR: everything else.
    DagCbor,
}

/// A CIDv1 over SHA-256 with codec raw or DAG-CBOR. Any other CID is refused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cid {
    /// How the block is to be read.
    pub codec: Codec,
    /// SHA-256 of the block.
    pub digest: Hash,
}

impl Cid {
    /// The id of opaque bytes.
    pub fn raw(block: &[u8]) -> Self {
        Self { codec: Codec::Raw, digest: sha256(block) }
    }

    /// The id of a canonical DAG-CBOR block.
    pub fn dag_cbor(block: &[u8]) -> Self {
        Self { codec: Codec::DagCbor, digest: sha256(block) }
    }

    /// Whether these bytes are the block that this id names.
    pub fn names(&self, block: &[u8]) -> bool {
        sha256(block) == self.digest
    }

    /// The 36-byte binary form.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.library().to_bytes()
    }

    /// Reads the binary form; trailing bytes, other versions, codecs and hashes are refused.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadId> {
        let cid = cid::Cid::try_from(bytes).map_err(|_| bad(&crate::id::hex(bytes)))?;
        let narrowed = Self::narrow(&cid).ok_or_else(|| bad(&cid.to_string()))?;
        if narrowed.to_bytes() != bytes { Err(bad(&cid.to_string())) } else { Ok(narrowed) }
    }

    /// What kind of id these bytes begin with, if it is one of another kind than ours.
    pub(crate) fn other_kind(bytes: &[u8]) -> Option<String> {
        let mut rest = bytes;
        let cid = cid::Cid::read_bytes(&mut rest).ok()?;
        if Self::narrow(&cid).is_some() {
            return None;
        }
        let codec = match cid.codec() {
            RAW => "raw".to_owned(),
            DAG_CBOR => "dag-cbor".to_owned(),
            DAG_PB => "dag-pb (UnixFS)".to_owned(),
            other => format!("codec 0x{other:x}"),
        };
        Some(match (cid.version(), cid.hash().code()) {
            (cid::Version::V0, _) => format!("its id {cid} is a CIDv0, of a file in UnixFS"),
            (_, IDENTITY) => {
                format!("its id {cid} is an identity CID ({codec}), which holds the bytes itself")
            }
            (_, SHA2_256) => format!("its id {cid} is of {codec}, and only raw and dag-cbor are read"),
            (_, code) => format!("its id {cid} ({codec}) has hash 0x{code:x}, and only SHA-256 is read"),
        })
    }

    fn library(&self) -> cid::Cid {
        let codec = match self.codec {
            Codec::Raw => RAW,
            Codec::DagCbor => DAG_CBOR,
        };
        // 32 bytes always fit a 64-byte multihash
        let hash = Multihash::wrap(SHA2_256, &self.digest.0).unwrap_or_default();
        cid::Cid::new_v1(codec, hash)
    }

    fn narrow(cid: &cid::Cid) -> Option<Self> {
        let codec = match cid.codec() {
            RAW => Codec::Raw,
            DAG_CBOR => Codec::DagCbor,
            _ => return None,
        };
        if cid.version() != cid::Version::V1 || cid.hash().code() != SHA2_256 {
            return None;
        }
        Some(Self { codec, digest: Hash(cid.hash().digest().try_into().ok()?) })
    }
}

fn bad(found: &str) -> BadId {
    BadId {
        what: "content id",
        expected: "a CIDv1 (base32, SHA-256, raw or dag-cbor)",
        found: found.chars().take(80).collect(),
    }
}

impl fmt::Display for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.library())
    }
}

impl fmt::Debug for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cid({self})")
    }
}

impl FromStr for Cid {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        let text = text.strip_prefix("ipfs://").unwrap_or(text);
        let cid = cid::Cid::from_str(text).map_err(|_| bad(text))?;
        Self::narrow(&cid).ok_or_else(|| bad(text))
    }
}

impl Serialize for Cid {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { self.library().serialize(s) }
    }
}

impl<'de> Deserialize<'de> for Cid {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if d.is_human_readable() {
            return String::deserialize(d)?.parse().map_err(de::Error::custom);
        }
        let cid = cid::Cid::deserialize(d)?;
        Self::narrow(&cid).ok_or_else(|| de::Error::custom(bad(&cid.to_string())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_round_trip() {
        for cid in [Cid::raw(b"x"), Cid::dag_cbor(b"\xa0")] {
            assert_eq!(cid.to_string().parse::<Cid>().unwrap(), cid);
            assert_eq!(Cid::from_bytes(&cid.to_bytes()).unwrap(), cid);
            assert_eq!(cid.to_bytes().len(), 36);
        }
    }

    #[test]
    fn other_versions_and_codecs_are_refused() {
        assert!("QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG".parse::<Cid>().is_err());
        let mut bytes = Cid::raw(b"x").to_bytes();
        bytes[1] = 0x70;
        assert!(Cid::from_bytes(&bytes).is_err());
        bytes[1] = 0x55;
        bytes.push(0);
        assert!(Cid::from_bytes(&bytes).is_err());
    }
}
