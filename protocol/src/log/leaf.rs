//! The three hashes of RFC 6962, section 2.1: leaf, node, empty tree.

use crate::hash::sha256;
use crate::id::Hash;
use sha2::block_api::compress256;
use sha2::{Digest, Sha256};

/// Longest leaf that is hashed at once, bytes: two blocks take its prefix and the padding as well.
const SHORT_BYTES_MAX: usize = 2 * 64 - 1 - PADDING_BYTES_MIN;
/// Least that SHA-256 adds to a message: one bit in a byte, and the length.
const PADDING_BYTES_MIN: usize = 9;

/// Hash of a leaf: SHA-256 over `0x00 leaf`.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    if leaf.len() <= SHORT_BYTES_MAX {
        return short(0, &[leaf]);
    }
    Hash(Sha256::new().chain_update([0]).chain_update(leaf).finalize().into())
}

/// Hash of an inner node: SHA-256 over `0x01 left right`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    short(1, &[&left.0, &right.0])
}

/// Root of the tree without leaves: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    sha256(b"")
}

/// SHA-256 over a prefix and up to [`SHORT_BYTES_MAX`] bytes, laid out as it pads them (FIPS 180-4,
/// section 5.1.1) and compressed at once: a tree is built from little else, and needs no hasher that
/// takes any number of bytes in any pieces.
fn short(prefix: u8, parts: &[&[u8]]) -> Hash {
    let mut message = [0; 128];
    let mut end = 1;
    message[0] = prefix;
    for part in parts {
        if let Some(place) = message.get_mut(end..end + part.len()) {
            place.copy_from_slice(part);
            end += part.len();
        }
    }
    let bits = 8 * end as u64;
    let used = if end + PADDING_BYTES_MIN <= 64 { 64 } else { 128 };
    if let Some(place) = message.get_mut(end) {
        *place = 0x80;
    }
    if let Some(place) = message.get_mut(used - 8..used) {
        place.copy_from_slice(&bits.to_be_bytes());
    }
    let mut state = START;
    let (blocks, _) = message.as_chunks::<64>();
    compress256(&mut state, blocks.get(..used / 64).unwrap_or(blocks));
    let mut hash = [0; 32];
    for (bytes, word) in hash.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    Hash(hash)
}

/// What SHA-256 starts from (FIPS 180-4, section 5.3.3).
const START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_of_every_length_are_hashed_as_their_bytes_are() {
        let bytes: Vec<u8> = (0..300u32).map(|i| (i * 7) as u8).collect();
        for length in 0..=bytes.len() {
            let leaf = &bytes[..length];
            assert_eq!(leaf_hash(leaf), sha256(&[&[0][..], leaf].concat()), "{length}");
        }
    }

    #[test]
    fn a_node_is_hashed_as_its_bytes_are() {
        for i in 0..=255u8 {
            let (left, right) = (leaf_hash(&[i]), leaf_hash(&[i, 0xff]));
            assert_eq!(node_hash(&left, &right), sha256(&[&[1][..], &left.0, &right.0].concat()));
        }
    }
}
