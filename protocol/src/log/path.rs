//! Inclusion and consistency proofs, as their reader checks them (RFC 9162, sections 2.1.3.2 and
//! 2.1.4.2: the algorithms for the proofs of RFC 6962).

use super::leaf::{empty_root, node_hash};
use crate::id::Hash;

/// Most hashes a proof may have: tlog-witness's limit, enough for every log of fewer than 2^62
/// leaves.
pub const MAX_PATH_HASHES: usize = 63;

/// Why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf lies beyond the tree.
    #[error("leaf {index} lies beyond a tree of {size} leaves")]
    IndexBeyondSize {
        /// Index of the leaf.
        index: u64,
        /// Leaves in the tree.
        size: u64,
    },
    /// The newer tree is the smaller one.
    #[error("a tree of {old} leaves cannot be a prefix of one of {new}")]
    OldBeyondNew {
        /// Leaves in the older tree.
        old: u64,
        /// Leaves in the newer tree.
        new: u64,
    },
    /// The proof has more or fewer hashes than trees of these sizes take.
    #[error("{found} hashes are not the number that a proof for these sizes has")]
    Length {
        /// Number of hashes in the proof.
        found: usize,
    },
    /// The hashes do not lead to the root of the tree in question.
    #[error("the proof does not lead to the root of the tree of {size} leaves")]
    Root {
        /// Leaves in that tree.
        size: u64,
    },
}

/// Checks that `leaf` (a leaf hash) is at `index` in the tree of `size` leaves under `root`.
/// A path that is one hash too long or too short is refused, whatever it hashes to.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    path: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::IndexBeyondSize { index, size });
    }
    let length = ProofError::Length { found: path.len() };
    let mut hash = *leaf;
    let mut climb = Climb { node: index, last: size - 1 };
    for sibling in path {
        hash = match climb.step().ok_or(length)? {
            Side::Left => node_hash(sibling, &hash),
            Side::Right => node_hash(&hash, sibling),
        };
    }
    if climb.last != 0 {
        return Err(length);
    }
    if hash != *root { Err(ProofError::Root { size }) } else { Ok(()) }
}

/// Checks that the tree of `old_size` leaves under `old_root` is a prefix of that of `new_size`
/// leaves under `new_root`. The empty tree and an equal tree take an empty path, and their roots
/// are checked too.
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    new_size: u64,
    new_root: &Hash,
    path: &[Hash],
) -> Result<(), ProofError> {
    if old_size > new_size {
        return Err(ProofError::OldBeyondNew { old: old_size, new: new_size });
    }
    for (size, root) in [(old_size, old_root), (new_size, new_root)] {
        if size == 0 && *root != empty_root() {
            return Err(ProofError::Root { size });
        }
    }
    let length = ProofError::Length { found: path.len() };
    if old_size == 0 || old_size == new_size {
        if !path.is_empty() {
            return Err(length);
        }
        let same = old_size != new_size || old_root == new_root;
        return if same { Ok(()) } else { Err(ProofError::Root { size: new_size }) };
    }
    // a full older tree is itself the node to start from, and is left out of the path
    let (start, rest) =
        if old_size.is_power_of_two() { (old_root, path) } else { path.split_first().ok_or(length)? };
    let mut climb = Climb { node: old_size - 1, last: new_size - 1 };
    climb.skip_full();
    let (mut old, mut new) = (*start, *start);
    for sibling in rest {
        match climb.step().ok_or(length)? {
            Side::Left => {
                old = node_hash(sibling, &old);
                new = node_hash(sibling, &new);
            }
            Side::Right => new = node_hash(&new, sibling),
        }
    }
    if climb.last != 0 {
        return Err(length);
    }
    if old != *old_root {
        return Err(ProofError::Root { size: old_size });
    }
    if new != *new_root { Err(ProofError::Root { size: new_size }) } else { Ok(()) }
}

/// Where the next hash of a path stands.
enum Side {
    Left,
    Right,
}

/// The way from a node to the root: indices of the node and of the last one on its level.
struct Climb {
    node: u64,
    last: u64,
}

impl Climb {
    /// Side of the next sibling; none at the root. Levels where an odd node is promoted have none
    /// and are passed over.
    fn step(&mut self) -> Option<Side> {
        if self.last == 0 {
            return None;
        }
        let left = self.node % 2 == 1 || self.node == self.last;
        if left {
            while self.node != 0 && self.node.is_multiple_of(2) {
                self.up();
            }
        }
        self.up();
        Some(if left { Side::Left } else { Side::Right })
    }

    /// From the last leaf of a tree to the largest full subtree that ends with it.
    fn skip_full(&mut self) {
        while self.node % 2 == 1 {
            self.up();
        }
    }

    fn up(&mut self) {
        self.node /= 2;
        self.last /= 2;
    }
}

#[cfg(test)]
mod tests;
