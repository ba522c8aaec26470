//! SHA-256, bare and under a domain label.

use crate::domain::Label;
use crate::id::{Hash, NetId};
use sha2::{Digest, Sha256};

/// SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}

/// SHA-256 over `label NUL net field…`. Fields are fixed-width, or the last one is canonical CBOR,
/// so that no two lists of fields run into the same bytes.
pub fn labelled(label: Label, net: &NetId, fields: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(label.text().as_bytes());
    hasher.update([0]);
    hasher.update(net.0);
    for field in fields {
        hasher.update(field);
    }
    Hash(hasher.finalize().into())
}
