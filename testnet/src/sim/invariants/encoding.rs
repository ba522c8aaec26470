//! I11: whatever an honest node took in has one encoding, as a codec that knows none of our types sees it.

use super::super::world::World;
use ipld_core::ipld::Ipld;
use std::collections::BTreeSet;
use vantage_protocol::cid::{Cid, Codec};
use vantage_protocol::id::Hash;
use vantage_protocol::log::{SignedCheckpoint, leaf_hash};

/// Reads every leaf, head and block that honest nodes hold, and writes it again.
pub(super) fn canonical(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    let (mut leaves, mut heads): (BTreeSet<Hash>, BTreeSet<(Hash, usize)>) = Default::default();
    for (node, mirror) in &world.ear.mirrors {
        for branch in mirror.logs.values() {
            for bytes in branch.leaves.iter().filter(|bytes| leaves.insert(leaf_hash(bytes))) {
                if !is_canonical(bytes) {
                    found.push(format!("I11: node {node} took a leaf that encodes otherwise"));
                }
            }
            for head in branch.heads.values() {
                let fresh = heads.insert((head.checkpoint.root, head.cosignatures.len()));
                let note = head.to_note();
                if fresh && SignedCheckpoint::parse(&note).map(|h| h.to_note()) != Ok(note) {
                    found.push(format!("I11: node {node} keeps a head that prints otherwise"));
                }
            }
        }
    }
    let mut blocks: BTreeSet<Cid> = BTreeSet::new();
    for (index, node) in world.nodes.iter().enumerate().filter(|(_, n)| n.is_honest()) {
        for cid in node.disk.served().filter(|cid| cid.codec == Codec::DagCbor) {
            let Some(bytes) = node.disk.serve(cid).filter(|_| blocks.insert(*cid)) else { continue };
            // what a rogue links is fetched unread, and judged afterwards
            if world.scenario.adversaries.is_empty() && !is_canonical(bytes) {
                found.push(format!("I11: node {index} holds block {cid}, which encodes otherwise"));
            }
        }
    }
    found
}

/// The bytes are the one canonical DAG-CBOR of what they say.
pub(super) fn is_canonical(bytes: &[u8]) -> bool {
    let read = serde_ipld_dagcbor::from_slice::<Ipld>(bytes);
    read.is_ok_and(|value| serde_ipld_dagcbor::to_vec(&value).is_ok_and(|again| again == bytes))
}
