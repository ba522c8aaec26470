//! The keysets that come with a job, each vouching for itself, and the committee's policy.

use super::super::source::Source;
use super::plan::Plan;
use super::problems::Problems;
use crate::bundle::Certs;
use crate::content::Content;
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
    /// Executors' keysets stand in the content, in the order of the executor list; those of the
    /// committee and of the job's author in the certs, by node id.
    pub(super) fn read(
        net: &NetId,
        genesis: &Genesis,
        plan: &Plan,
        content: &Content,
        certs: &Certs,
        source: &dyn Source,
        problems: &mut Problems,
    ) -> Self {
        let mut keysets = BTreeMap::new();
        for (cid, named) in content.keysets.iter().zip(&plan.executors.announces) {
            let Some(bytes) = source.bytes(cid) else { continue };
            match keyset(net, &bytes) {
                Ok((node, _)) if node != named.author => {
                    problems.invalid(format!("keyset of {}: it is of {}", named.author, node.short()));
                }
                Ok((node, keyset)) => add(&mut keysets, node, keyset, problems),
                Err(why) => problems.invalid(format!("keyset of {}: {why}", named.author)),
            }
        }
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
            if genesis.member(&node).is_none() && node != plan.at.author {
                problems.invalid(format!("certs.keysets: {node} is neither a member nor the author"));
            }
            add(&mut keysets, node, keyset, problems);
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

fn add(keysets: &mut BTreeMap<NodeId, Keyset>, node: NodeId, keyset: Keyset, problems: &mut Problems) {
    let known = keysets.entry(node).or_insert_with(|| keyset.clone());
    if *known != keyset {
        problems.invalid(format!("two different keysets of {node}"));
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
