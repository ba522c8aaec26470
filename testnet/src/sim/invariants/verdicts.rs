//! I10: a verdict does not depend on the order of blocks, and any change in a referenced block fails it.

use super::super::dice::Dice;
use super::super::event::Index;
use super::Evidence;
use std::collections::BTreeMap;
use vantage_protocol::cid::Cid;
use vantage_protocol::proof::{Car, Summary, Trust, Verdict, verify, verify_car};

/// Bundles of one job that are looked at closely: each costs as much as verifying it four times.
const CLOSE_MAX: usize = 3;
/// Blocks of each of them that are changed, one after the other.
const CHANGES: u64 = 2;
/// Stream of the dice that shuffles and changes.
const STREAM: u64 = 4;

/// Writes bundles as files, shuffles their blocks, and changes some.
pub(super) fn independent(evidence: &Evidence<'_>) -> Vec<String> {
    let trust = Trust::Hash(evidence.world.cast.genesis.net());
    let mut dice = Dice::new(evidence.world.scenario.seed, STREAM);
    let mut published: Vec<(Index, Cid)> =
        evidence.views.iter().filter_map(|(node, view)| Some((*node, view.bundle?))).collect();
    while published.len() > CLOSE_MAX {
        published.remove(dice.below(published.len() as u64) as usize);
    }
    let mut found = Vec::new();
    for (node, bundle) in published {
        let disk = &evidence.world.nodes[node].disk;
        // a bundle that lacks a block is I8's to find
        let Ok(car) = Car::collect(bundle, &|cid| disk.serve(cid).map(<[u8]>::to_vec)) else { continue };
        let verdict = verify_car(&car.to_bytes(), &trust);
        let why = shuffled(&car, &verdict, &trust, &mut dice)
            .or_else(|| (0..CHANGES).find_map(|_| changed(&car, &trust, &mut dice)));
        found.extend(why.map(|why| format!("I10: the bundle of node {node} {why}")));
    }
    found
}

pub(super) fn shuffled(car: &Car, verdict: &Verdict, trust: &Trust, dice: &mut Dice) -> Option<String> {
    let mut order: Vec<&Cid> = car.blocks.keys().collect();
    for i in (1..order.len()).rev() {
        order.swap(i, dice.below(i as u64 + 1) as usize);
    }
    let file = file(car.root, order.into_iter().map(|cid| (*cid, car.blocks[cid].as_slice())));
    let again = verify_car(&file, trust);
    (again != *verdict).then(|| {
        format!(
            "is {} in one order of blocks and {} in another",
            verdict.summary.word(),
            again.summary.word()
        )
    })
}

/// A changed block is refused under its old id, in a file as from a peer.
fn changed(car: &Car, trust: &Trust, dice: &mut Dice) -> Option<String> {
    let cid = *car.blocks.keys().nth(dice.below(car.blocks.len() as u64) as usize)?;
    let mut blocks: BTreeMap<Cid, Vec<u8>> = car.blocks.clone();
    let block = blocks.get_mut(&cid)?;
    let bit = dice.below(block.len() as u64 * 8) as usize;
    *block.get_mut(bit / 8)? ^= 1 << (bit % 8);
    let in_file = verify_car(&file(car.root, blocks.iter().map(|(c, b)| (*c, b.as_slice()))), trust);
    let from_peer = verify(car.root, &|cid| blocks.get(cid).cloned(), trust);
    taken(&[in_file, from_peer]).map(|word| format!("is {word} although bit {bit} of {cid} was changed"))
}

/// The word of a verdict that takes what was changed.
pub(super) fn taken(verdicts: &[Verdict]) -> Option<&'static str> {
    verdicts.iter().map(|v| v.summary).find(|summary| *summary != Summary::Invalid).map(|s| s.word())
}

/// A bundle file with its blocks in the order given.
pub(super) fn file<'a>(root: Cid, blocks: impl Iterator<Item = (Cid, &'a [u8])>) -> Vec<u8> {
    let mut bytes = Car { root, blocks: BTreeMap::new() }.to_bytes();
    for (cid, block) in blocks {
        let cid = cid.to_bytes();
        varint(&mut bytes, cid.len() + block.len());
        bytes.extend(cid);
        bytes.extend(block);
    }
    bytes
}

fn varint(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}
