//! The append-only tree of RFC 6962, with the hash of every full subtree at hand.

use super::leaf::{empty_root, node_hash};
use crate::id::Hash;

/// An append-only Merkle tree over leaf hashes, held in memory: about 64 bytes a leaf.
///
/// `levels[k][i]` is the hash of the full subtree over the leaves `i * 2^k .. (i + 1) * 2^k`, so a
/// push costs one hash on average and a root or a proof O(log n) of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// A tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a leaf, given by its [`leaf_hash`](super::leaf_hash).
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for depth in 0.. {
            if self.levels.len() == depth {
                self.levels.push(Vec::new());
            }
            let Some(level) = self.levels.get_mut(depth) else { return };
            let left = if level.len() % 2 == 1 { level.last().copied() } else { None };
            level.push(hash);
            match left {
                Some(left) => hash = node_hash(&left, &hash),
                None => return,
            }
        }
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Root over all leaves.
    pub fn root(&self) -> Hash {
        self.subtree(0, self.size()).unwrap_or_else(empty_root)
    }

    /// Root over the first `size` leaves; none if there are fewer.
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        if size == 0 { Some(empty_root()) } else { self.subtree(0, size) }
    }

    /// Hash of the leaf at an index.
    pub fn leaf(&self, index: u64) -> Option<Hash> {
        self.full(0, index)
    }

    /// Audit path of a leaf in the tree of the first `size` leaves, from its sibling upwards
    /// (RFC 6962, section 2.1.1); none unless `index < size <= self.size()`.
    pub fn inclusion(&self, index: u64, size: u64) -> Option<Vec<Hash>> {
        if index >= size || size > self.size() {
            return None;
        }
        let (mut start, mut end) = (0, size);
        let mut path = Vec::new();
        while end - start > 1 {
            let middle = start + split(end - start);
            if index < middle {
                path.push(self.subtree(middle, end)?);
                end = middle;
            } else {
                path.push(self.subtree(start, middle)?);
                start = middle;
            }
        }
        path.reverse();
        Some(path)
    }

    /// Proof that the tree of the first `old` leaves is a prefix of that of the first `new` ones
    /// (RFC 6962, section 2.1.2); empty for `old` 0 and for `old == new`; none unless
    /// `old <= new <= self.size()`.
    pub fn consistency(&self, old: u64, new: u64) -> Option<Vec<Hash>> {
        if old > new || new > self.size() {
            return None;
        }
        let mut path = Vec::new();
        if old == 0 {
            return Some(path);
        }
        let (mut start, mut end, mut known) = (0, new, true);
        while end != old {
            let middle = start + split(end - start);
            if old <= middle {
                path.push(self.subtree(middle, end)?);
                end = middle;
            } else {
                path.push(self.subtree(start, middle)?);
                start = middle;
                known = false;
            }
        }
        if !known {
            path.push(self.subtree(start, end)?);
        }
        path.reverse();
        Some(path)
    }

    /// Drops every leaf from index `size` on; does nothing if there are not that many.
    pub fn truncate(&mut self, size: u64) {
        let mut keep = usize::try_from(size).unwrap_or(usize::MAX);
        for level in &mut self.levels {
            level.truncate(keep);
            keep /= 2;
        }
        self.levels.retain(|level| !level.is_empty());
    }

    /// Hash over the leaves `start..end`, where `start` is a multiple of the largest power of two
    /// within the range: at most one look-up per level.
    fn subtree(&self, start: u64, end: u64) -> Option<Hash> {
        let size = end.checked_sub(start).filter(|size| *size > 0)?;
        if size.is_power_of_two() {
            return self.full(size.trailing_zeros(), start / size);
        }
        let middle = start + split(size);
        Some(node_hash(&self.subtree(start, middle)?, &self.subtree(middle, end)?))
    }

    fn full(&self, depth: u32, index: u64) -> Option<Hash> {
        let level = self.levels.get(usize::try_from(depth).ok()?)?;
        level.get(usize::try_from(index).ok()?).copied()
    }
}

/// The largest power of two below `size`, for `size` over 1: where RFC 6962 splits a tree.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

#[cfg(test)]
mod tests;
