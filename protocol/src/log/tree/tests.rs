//! The tree against RFC 6962's definitions, its published vectors and two other implementations.

use super::*;
use crate::id::unhex;
use crate::log::sample::{leaf, tree};
use crate::log::{leaf_hash, verify_consistency, verify_inclusion};
use sha2::Sha256;
use tlog_tiles::tlog;

/// Sizes up to here are checked exhaustively: all small shapes, one over two powers of two.
const SIZE_MAX: u64 = 130;

/// Leaves of the reference implementation of Certificate Transparency (its merkle tree tests).
const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
/// Roots over the first 1 to 8 of them, from the same source.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn hash(text: &str) -> Hash {
    text.parse().unwrap()
}

#[test]
fn published_vectors_hold() {
    let mut tree = Tree::new();
    assert_eq!(tree.root(), hash("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    for (leaf, root) in LEAVES.iter().zip(ROOTS) {
        tree.push(leaf_hash(&unhex(leaf).unwrap()));
        assert_eq!(tree.root(), hash(root));
    }
    let path = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(tree.inclusion(5, 8).unwrap(), path.map(hash));
    let path = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(tree.consistency(6, 8).unwrap(), path.map(hash));
}

/// RFC 6962, section 2.1, word for word.
fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let k = half(leaves.len());
            node_hash(&mth(&leaves[..k]), &mth(&leaves[k..]))
        }
    }
}

/// RFC 6962, section 2.1.1.
fn naive_path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return vec![];
    }
    let k = half(leaves.len());
    let (left, right) = leaves.split_at(k);
    if m < k {
        [naive_path(m, left), vec![mth(right)]].concat()
    } else {
        [naive_path(m - k, right), vec![mth(left)]].concat()
    }
}

/// RFC 6962, section 2.1.2.
fn naive_subproof(m: usize, leaves: &[Hash], known: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if known { vec![] } else { vec![mth(leaves)] };
    }
    let k = half(leaves.len());
    let (left, right) = leaves.split_at(k);
    if m <= k {
        [naive_subproof(m, left, known), vec![mth(right)]].concat()
    } else {
        [naive_subproof(m - k, right, false), vec![mth(left)]].concat()
    }
}

fn half(n: usize) -> usize {
    (1..n).rev().find(|k| k.is_power_of_two()).unwrap()
}

#[test]
fn roots_and_proofs_are_those_of_the_definitions() {
    let tree = tree(SIZE_MAX);
    let leaves: Vec<Hash> = (0..SIZE_MAX).map(|i| leaf_hash(&leaf(i))).collect();
    for size in 0..=SIZE_MAX {
        let prefix = &leaves[..size as usize];
        let root = tree.root_at(size).unwrap();
        assert_eq!(root, mth(prefix));
        for index in 0..size {
            let path = tree.inclusion(index, size).unwrap();
            assert_eq!(path, naive_path(index as usize, prefix));
            verify_inclusion(&leaves[index as usize], index, size, &path, &root).unwrap();
        }
        for old in 0..=size {
            let path = tree.consistency(old, size).unwrap();
            if old > 0 {
                assert_eq!(path, naive_subproof(old as usize, prefix, true));
            }
            verify_consistency(old, &tree.root_at(old).unwrap(), size, &root, &path).unwrap();
        }
    }
}

#[test]
fn ct_merkle_agrees() {
    let tree = tree(SIZE_MAX);
    let mut other = ct_merkle::mem_backed_tree::MemoryBackedTree::<Sha256, Vec<u8>>::new();
    for size in 1..=SIZE_MAX {
        other.push(leaf(size - 1));
        let root = tree.root_at(size).unwrap();
        assert_eq!(root.0[..], other.root().as_bytes()[..]);
        for index in 0..size {
            let path = tree.inclusion(index, size).unwrap();
            assert_eq!(concat(&path), other.prove_inclusion(index as usize).as_bytes());
        }
        for old in 1..size {
            let path = tree.consistency(old, size).unwrap();
            assert_eq!(concat(&path), other.prove_consistency((size - old) as usize).as_bytes());
        }
    }
}

fn concat(path: &[Hash]) -> Vec<u8> {
    path.iter().flat_map(|hash| hash.0).collect()
}

struct Stored(Vec<tlog::Hash>);

impl tlog::HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
    }
}

#[test]
fn tlog_tiles_agrees() {
    let tree = tree(SIZE_MAX);
    let mut stored = Stored(Vec::new());
    for size in 1..=SIZE_MAX {
        let new = tlog::stored_hashes(size - 1, &leaf(size - 1), &stored).unwrap();
        stored.0.extend(new);
        let root = tree.root_at(size).unwrap();
        assert_eq!(tlog::tree_hash(size, &stored).unwrap().0, root.0);
        for index in 0..size {
            let path = tlog::prove_record(size, index, &stored).unwrap();
            let path: Vec<Hash> = path.into_iter().map(|hash| Hash(hash.0)).collect();
            assert_eq!(tree.inclusion(index, size).unwrap(), path);
        }
        for old in 1..=size {
            let path = tlog::prove_tree(size, old, &stored).unwrap();
            let path: Vec<Hash> = path.into_iter().map(|hash| Hash(hash.0)).collect();
            assert_eq!(tree.consistency(old, size).unwrap(), path);
        }
    }
}

#[test]
fn a_truncated_tree_is_the_smaller_tree() {
    let full = tree(70);
    for size in 0..=70 {
        let mut cut = full.clone();
        cut.truncate(size);
        assert_eq!(cut, tree(size));
        cut.truncate(size + 1);
        assert_eq!(cut.size(), size);
        (size..70).for_each(|index| cut.push(leaf_hash(&leaf(index))));
        assert_eq!(cut, full);
    }
}

#[test]
fn nothing_is_said_beyond_the_end() {
    let tree = tree(5);
    assert_eq!(tree.leaf(4), Some(leaf_hash(&leaf(4))));
    assert_eq!(tree.root_at(0), Some(empty_root()));
    for size in [6, 8, u64::MAX] {
        assert_eq!(tree.leaf(size - 1), None);
        assert_eq!(tree.root_at(size), None);
        assert_eq!(tree.inclusion(0, size), None);
        assert_eq!(tree.inclusion(size - 1, size), None);
        assert_eq!(tree.consistency(1, size), None);
    }
    assert_eq!(tree.inclusion(5, 5), None);
    assert_eq!(tree.inclusion(0, 0), None);
    assert_eq!(tree.consistency(4, 3), None);
    assert_eq!(tree.consistency(0, 5), Some(vec![]));
    assert_eq!(tree.consistency(5, 5), Some(vec![]));
}
