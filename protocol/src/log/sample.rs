//! Keys, logs and checkpoints for the tests of this module, all from fixed seeds.

use super::{Checkpoint, Cosignature, Origin, Policy, SignedCheckpoint, Tree, leaf_hash};
use crate::hash::sha256;
use crate::id::{NetId, NodeId};
use crate::keys::{LogKey, RootKey, WitnessKey};

/// First time that a sample witness writes down, in POSIX seconds.
pub(super) const TIME: u64 = 1_750_000_000;

/// A member of the sample committee.
pub(super) struct Member {
    pub(super) node: NodeId,
    pub(super) origin: Origin,
    pub(super) log: LogKey,
    pub(super) witness: WitnessKey,
}

/// The member with a number.
pub(super) fn member(number: u8) -> Member {
    let node = RootKey::from_seed(&[number; 32]).public().node_id();
    Member {
        node,
        origin: Origin::new(&NetId(sha256(b"sample").0), 0, node),
        log: LogKey::from_seed(&[100 + number; 32]),
        witness: WitnessKey::from_seed(&[200 + number; 32]),
    }
}

/// The policy over members 1 to `count`.
pub(super) fn policy(count: u8, quorum: usize) -> Policy {
    let members = (1..=count).map(member).map(|m| (m.node, m.origin.clone(), m.witness.public()));
    Policy::new(members.collect(), quorum)
}

/// The bytes of a sample leaf.
pub(super) fn leaf(index: u64) -> Vec<u8> {
    format!("leaf {index}").into_bytes()
}

/// The tree of the first `size` sample leaves.
pub(super) fn tree(size: u64) -> Tree {
    let mut tree = Tree::new();
    (0..size).for_each(|index| tree.push(leaf_hash(&leaf(index))));
    tree
}

/// Member 1's head over `size` sample leaves.
pub(super) fn checkpoint(size: u64) -> Checkpoint {
    Checkpoint { origin: member(1).origin, size, root: tree(size).root() }
}

/// That head signed and cosigned by members 1 to `witnesses`, one second apart.
pub(super) fn cosigned(size: u64, witnesses: u8) -> SignedCheckpoint {
    let checkpoint = checkpoint(size);
    let mut signed = checkpoint.sign(&member(1).log);
    for number in 1..=witnesses {
        add(&mut signed, number, TIME + u64::from(number));
    }
    signed
}

/// Adds a member's cosignature of some time; says whether the note changed.
pub(super) fn add(signed: &mut SignedCheckpoint, number: u8, time: u64) -> bool {
    let member = member(number);
    let cosignature = Cosignature::make(&signed.checkpoint, &member.witness, time);
    signed.add(&member.origin, &member.witness.public(), cosignature).unwrap()
}
