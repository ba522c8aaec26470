//! The three hashes of RFC 6962, section 2.1: leaf, node, empty tree.

use crate::hash::sha256;
use crate::id::Hash;
use sha2::{Digest, Sha256};

/// Hash of a leaf: SHA-256 over `0x00 leaf`.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update([0]).chain_update(leaf).finalize().into())
}

/// Hash of an inner node: SHA-256 over `0x01 left right`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
}

/// Root of the tree without leaves: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    sha256(b"")
}
