//! No proof but the right one holds.

use super::*;
use crate::log::leaf_hash;
use crate::log::sample::{leaf, tree};
use tlog_tiles::tlog;

/// Sizes up to here are mutated exhaustively: two powers of two and what lies around them.
const SIZE_MAX: u64 = 35;
/// Sizes up to here are claimed against all other sizes.
const CLAIM_MAX: u64 = 20;

/// Every path that differs from this one by one element changed, left out, added or moved.
fn mutations(path: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = Vec::new();
    for at in 0..path.len() {
        for bit in [0, 255] {
            let mut other = path.to_vec();
            other[at].0[bit / 8] ^= 1 << (bit % 8);
            all.push(other);
        }
        let mut other = path.to_vec();
        other.remove(at);
        all.push(other);
        let mut other = path.to_vec();
        other.swap(at, 0);
        all.push(other);
    }
    for at in 0..=path.len() {
        for extra in [Hash([0; 32]), empty_root()].iter().chain(path) {
            let mut other = path.to_vec();
            other.insert(at, *extra);
            all.push(other);
        }
    }
    all.retain(|other| other != path);
    all
}

#[test]
fn a_mutated_inclusion_proof_is_refused() {
    let tree = tree(SIZE_MAX);
    for size in 1..=SIZE_MAX {
        let root = tree.root_at(size).unwrap();
        for index in 0..size {
            let hash = leaf_hash(&leaf(index));
            let path = tree.inclusion(index, size).unwrap();
            for other in mutations(&path) {
                assert!(verify_inclusion(&hash, index, size, &other, &root).is_err());
            }
            for other in (0..=size + 1).filter(|other| *other != index) {
                assert!(verify_inclusion(&hash, other, size, &path, &root).is_err());
            }
            assert!(verify_inclusion(&hash, size, index, &path, &root).is_err());
            assert!(verify_inclusion(&root, index, size, &path, &root).is_err() || size == 1);
            assert!(verify_inclusion(&hash, index, size, &path, &empty_root()).is_err());
        }
    }
}

#[test]
fn a_mutated_consistency_proof_is_refused() {
    let tree = tree(SIZE_MAX);
    for size in 0..=SIZE_MAX {
        let root = tree.root_at(size).unwrap();
        for old in 0..=size {
            let old_root = tree.root_at(old).unwrap();
            let path = tree.consistency(old, size).unwrap();
            for other in mutations(&path) {
                assert!(verify_consistency(old, &old_root, size, &root, &other).is_err());
            }
            let bad = Hash([7; 32]);
            assert!(verify_consistency(old, &bad, size, &root, &path).is_err());
            // nothing can be said of a tree by one that is empty
            assert_eq!(verify_consistency(old, &old_root, size, &bad, &path).is_err(), old > 0 || size == 0);
            if old < size {
                assert!(verify_consistency(size, &root, old, &old_root, &path).is_err());
                assert!(verify_consistency(size, &old_root, size, &root, &[]).is_err());
                assert!(old == 0 || verify_consistency(old, &root, size, &old_root, &path).is_err());
            }
        }
    }
}

fn theirs(path: &[Hash]) -> Vec<tlog::Hash> {
    path.iter().map(|hash| tlog::Hash(hash.0)).collect()
}

/// A root does not commit to its size (the checkpoint does), so a proof may hold for other sizes
/// of the same shape: what is accepted then is exactly what another implementation accepts.
#[test]
fn claims_of_other_sizes_are_judged_as_others_judge_them() {
    let tree = tree(CLAIM_MAX);
    let mut accepted = 0;
    for size in 1..=CLAIM_MAX {
        let root = tree.root_at(size).unwrap();
        for at in 0..size {
            let hash = leaf_hash(&leaf(at));
            let included = tree.inclusion(at, size).unwrap();
            let old_root = tree.root_at(at + 1).unwrap();
            let consistent = tree.consistency(at + 1, size).unwrap();
            for claim in 1..=CLAIM_MAX + 13 {
                for index in 0..claim {
                    let ours = verify_inclusion(&hash, index, claim, &included, &root).is_ok();
                    let other = tlog::check_record(
                        &theirs(&included),
                        claim,
                        tlog::Hash(root.0),
                        index,
                        tlog::Hash(hash.0),
                    );
                    assert_eq!(ours, other.is_ok(), "leaf {at} of {size} as {index} of {claim}");
                    let old = index + 1;
                    let ours = verify_consistency(old, &old_root, claim, &root, &consistent).is_ok();
                    let other = tlog::check_tree(
                        &theirs(&consistent),
                        claim,
                        tlog::Hash(root.0),
                        old,
                        tlog::Hash(old_root.0),
                    );
                    assert_eq!(ours, other.is_ok(), "{} to {size} as {old} to {claim}", at + 1);
                    accepted += usize::from(ours);
                }
            }
        }
    }
    assert!(accepted > CLAIM_MAX as usize);
}

#[test]
fn errors_name_what_is_wrong() {
    let tree = tree(8);
    let root = tree.root();
    let path = tree.inclusion(3, 8).unwrap();
    let hash = leaf_hash(&leaf(3));
    assert_eq!(
        verify_inclusion(&hash, 8, 8, &path, &root),
        Err(ProofError::IndexBeyondSize { index: 8, size: 8 })
    );
    assert_eq!(verify_inclusion(&hash, 3, 8, &path[1..], &root), Err(ProofError::Length { found: 2 }));
    assert_eq!(verify_inclusion(&root, 3, 8, &path, &root), Err(ProofError::Root { size: 8 }));
    let three = tree.root_at(3).unwrap();
    let path = tree.consistency(3, 8).unwrap();
    assert_eq!(
        verify_consistency(9, &root, 8, &root, &path),
        Err(ProofError::OldBeyondNew { old: 9, new: 8 })
    );
    assert_eq!(verify_consistency(3, &root, 8, &root, &path), Err(ProofError::Root { size: 3 }));
    assert_eq!(verify_consistency(3, &three, 8, &three, &path), Err(ProofError::Root { size: 8 }));
    assert_eq!(verify_consistency(3, &three, 8, &root, &[]), Err(ProofError::Length { found: 0 }));
}

#[test]
fn the_largest_sizes_do_not_overflow() {
    let path = vec![Hash([1; 32]); 64];
    for size in [u64::MAX, u64::MAX - 1, 1 << 63, (1 << 63) + 1] {
        for index in [0, 1, size / 2, size - 1] {
            assert!(verify_inclusion(&Hash([2; 32]), index, size, &path, &Hash([3; 32])).is_err());
            assert!(verify_consistency(index + 1, &Hash([2; 32]), size, &Hash([3; 32]), &path).is_err());
        }
    }
}
