//! The keysets that come with a job, each vouching for itself, and the committee's policy.

use super::plan::Plan;
use super::problems::Problems;
use crate::bundle::Certs;
use crate::genesis::{EPOCH, Genesis};
use crate::id::{NetId, NodeId};
use crate::keyset::Keyset;
use crate::leaf::{Leaf, Statement};
use crate::log::{Origin, Policy};
use std::collections::BTreeMap;

/// Verified keysets by node, and whose cosignatures count.
pub(super) struct Keyring {
    keysets: BTreeMap<NodeId, Keyset>,
    pub(super) policy: Policy,
}

impl Keyring {
    /// Keysets stand in the certs, by node id: those of the committee, of the job's author, and of the
    /// listed executors. None of them needs a proof: under an executor's no head counts that a quorum
    /// has not cosigned, and a member that has two makes its own word worthless.
    pub(super) fn read(
        net: &NetId,
        genesis: &Genesis,
        plan: &Plan,
        certs: &Certs,
        problems: &mut Problems,
    ) -> Self {
        let mut keysets = BTreeMap::new();
        let mut last = None;
        for bytes in &certs.keysets {
            let (node, keyset) = match keyset(net, bytes) {
                Ok(read) => read,
                Err(why) => {
                    problems.invalid(format!("certs.keysets: {why}"));
                    continue;
                }
            };
            if last.replace(node) >= Some(node) {
                problems.invalid("certs.keysets: must be sorted by node id, nothing twice");
            }
            let executes = plan.executors.announces.iter().any(|named| named.author == node);
            if genesis.member(&node).is_none() && node != plan.author && !executes {
                let why = "is neither a member, nor the author, nor a listed executor";
                problems.invalid(format!("certs.keysets: {node} {why}"));
            }
            keysets.insert(node, keyset);
        }
        let members = genesis.committee.iter().filter_map(|member| {
            let node = member.root.node_id();
            keysets.get(&node).map(|k| (node, Origin::new(net, EPOCH, node), k.witness))
        });
        let policy = Policy::new(members.collect(), genesis.quorum());
        Self { keysets, policy }
    }

    /// A node's keyset.
    pub(super) fn get(&self, node: &NodeId) -> Option<&Keyset> {
        self.keysets.get(node)
    }
}

fn keyset(net: &NetId, bytes: &[u8]) -> Result<(NodeId, Keyset), String> {
    let leaf = Leaf::decode(bytes, net).map_err(|e| e.to_string())?;
    let Statement::Keyset(keyset) = leaf.statement else { return Err("the leaf holds no keyset".into()) };
    if keyset.node() != leaf.author {
        return Err("the leaf is not by the node of its root key".into());
    }
    keyset.verify(net).map_err(|e| e.to_string())?;
    Ok((leaf.author, *keyset))
}
