//! Damage with every id computed anew: what hashes no longer catch, signatures and rules must.

use super::outcomes::trust;
use super::world::{World, gather};
use crate::cid::{Cid, Codec};
use crate::id::Hash;
use crate::log::leaf_hash;
use crate::proof::{Car, Summary, verify_car};
use std::collections::BTreeMap;

/// Replaces a block, and everywhere its id and leaf hash by those of the new bytes, up to the root:
/// what somebody does who may rewrite everything but holds no key.
fn rehash(car: &Car, cid: &Cid, bytes: Vec<u8>) -> Car {
    // by the first id: the present id and leaf hash, and the bytes
    let mut blocks: BTreeMap<Cid, (Cid, Hash, Vec<u8>)> =
        car.blocks.iter().map(|(cid, b)| (*cid, (*cid, leaf_hash(b), b.clone()))).collect();
    blocks.get_mut(cid).unwrap().2 = bytes;
    let mut stale = vec![*cid];
    while let Some(name) = stale.pop() {
        let (id, hash, bytes) = &blocks[&name];
        let new = match id.codec {
            Codec::Raw => Cid::raw(bytes),
            Codec::DagCbor => Cid::dag_cbor(bytes),
        };
        let pairs = [(id.digest.0, new.digest.0), (hash.0, leaf_hash(bytes).0)];
        let present = (new, Hash(pairs[1].1), bytes.clone());
        blocks.insert(name, present);
        for (other, (_, _, bytes)) in &mut blocks {
            let [digest, hash] = pairs.map(|(from, to)| replace(bytes, &from, &to));
            if digest || hash {
                stale.push(*other);
            }
        }
    }
    let root = blocks[&car.root].0;
    gather(root, &blocks.into_values().map(|(cid, _, bytes)| (cid, bytes)).collect())
}

/// Whether anything was replaced.
fn replace(block: &mut [u8], from: &[u8; 32], to: &[u8; 32]) -> bool {
    let mut at = 0;
    let mut found = false;
    while let Some(next) = block.get(at..).and_then(|rest| rest.iter().position(|b| *b == from[0])) {
        at += next;
        if block.get(at..at + 32).is_some_and(|there| there == from) {
            block[at..at + 32].copy_from_slice(to);
            found = true;
        }
        at += 1;
    }
    found
}

#[test]
fn rehashing_changes_every_block_above() {
    let world = World::sealed();
    let car = world.car();
    let output = Cid::raw(b"slot 0 answers prompt 0 at length");
    let rehashed = rehash(&car, &output, b"slot 0 answers something else".to_vec());
    assert_ne!(rehashed.root, car.root);
    // nothing dangles: output, receipts, reveal, list, content, certs, bundle all found their new ids
    assert_eq!(rehashed.blocks.len(), car.blocks.len());
    assert!(Car::collect(rehashed.root, &|cid| rehashed.blocks.get(cid).cloned()).is_ok());
    assert_eq!(verify_car(&rehashed.to_bytes(), &trust(&world)).summary, Summary::Invalid);
}

/// Every thirteenth byte of every block, which touches every field of more than thirteen bytes.
#[test]
fn damage_with_all_ids_computed_anew_never_seals() {
    let world = World::sealed();
    let car = world.car();
    let trust = trust(&world);
    let mut tried = 0;
    for (number, (cid, block)) in car.blocks.iter().enumerate() {
        for at in (number % 13..block.len()).step_by(13) {
            let mut changed = block.clone();
            changed[at] ^= 1 << (at % 8);
            let rehashed = rehash(&car, cid, changed);
            let verdict = verify_car(&rehashed.to_bytes(), &trust);
            assert!(
                matches!(verdict.summary, Summary::Incomplete | Summary::Invalid),
                "byte {at} of {cid}: {:#?}",
                verdict.lines()
            );
            assert!(!verdict.reasons.is_empty());
            tried += 1;
        }
    }
    assert!(tried > 2000, "{tried}");
}

#[test]
fn deep_nesting_is_refused_without_a_fall() {
    let world = World::sealed();
    for depth in [100, 5_000, 500_000] {
        let mut deep = vec![0x81; depth];
        deep.push(0x80);
        let root = Cid::dag_cbor(&deep);
        let lone = Car { root, blocks: [(root, deep.clone())].into() };
        assert_eq!(verify_car(&lone.to_bytes(), &trust(&world)).summary, Summary::Invalid);
        let car = world.car();
        for cid in car.blocks.keys() {
            let rehashed = rehash(&car, cid, deep.clone());
            assert_eq!(verify_car(&rehashed.to_bytes(), &trust(&world)).summary, Summary::Invalid, "{cid}");
        }
    }
}
