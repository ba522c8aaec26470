//! What a node has persisted, read from its records as they are written: an account of the node that
//! shares no code with the core's own state.

use std::collections::{BTreeMap, BTreeSet};
use vantage_protocol::attester::Record;
use vantage_protocol::id::{Hash, NetId, NodeId};
use vantage_protocol::leaf::Leaf;
use vantage_protocol::log::{Policy, SignedCheckpoint, Tree, leaf_hash};

/// One log as a node holds it.
#[derive(Clone, Debug, Default)]
pub struct Branch {
    /// Canonical bytes of the leaves.
    pub leaves: Vec<Vec<u8>>,
    tree: Tree,
    /// Heads that a quorum cosigned, by size.
    pub heads: BTreeMap<u64, SignedCheckpoint>,
    /// What this node cosigned last, as a witness.
    pub witnessed: Option<(u64, Hash)>,
}

impl Branch {
    /// Leaves held.
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Leaves under the largest certified head.
    pub fn certified(&self) -> u64 {
        self.heads.keys().next_back().copied().unwrap_or(0)
    }

    /// Root over the first leaves.
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        self.tree.root_at(size)
    }

    /// Certified leaves with their indices and hashes, decoded.
    pub fn statements(&self, net: &NetId) -> Vec<(u64, Hash, Leaf)> {
        let end = usize::try_from(self.certified()).unwrap_or(usize::MAX);
        let decoded = |(i, bytes): (usize, &Vec<u8>)| {
            Some((i as u64, leaf_hash(bytes), Leaf::decode(bytes, net).ok()?))
        };
        self.leaves.iter().enumerate().take(end).filter_map(decoded).collect()
    }

    fn push(&mut self, bytes: &[u8]) {
        self.tree.push(leaf_hash(bytes));
        self.leaves.push(bytes.to_vec());
    }
}

/// A cosignature that a node may give: log, size, root, time.
pub type Cosigned = (NodeId, u64, Hash, u64);

/// Everything that a node has persisted.
#[derive(Clone, Debug)]
pub struct Mirror {
    node: NodeId,
    /// Logs by node.
    pub logs: BTreeMap<NodeId, Branch>,
    /// Everything that was about to be cosigned.
    pub cosigned: BTreeSet<Cosigned>,
    time_s: u64,
}

impl Mirror {
    /// A node that has persisted nothing.
    pub fn new(node: NodeId) -> Self {
        Self { node, logs: BTreeMap::new(), cosigned: BTreeSet::new(), time_s: 0 }
    }

    /// The node's own log.
    pub fn own(&self) -> Option<&Branch> {
        self.logs.get(&self.node)
    }

    /// Takes a record; says what of I1 and I7 it breaks.
    pub fn persist(&mut self, record: &Record, policy: &Policy) -> Result<(), String> {
        match record {
            Record::OwnLeaf(bytes) => {
                self.logs.entry(self.node).or_default().push(bytes);
                Ok(())
            }
            Record::Leaves { node, start, leaves } => {
                let branch = self.logs.entry(*node).or_default();
                if branch.size() != *start {
                    let held = branch.size();
                    return Err(format!("I7: leaves of {} from {start} on follow {held}", node.short()));
                }
                leaves.iter().for_each(|bytes| branch.push(bytes));
                Ok(())
            }
            Record::Rewind { node, size } => self.rewind(node, *size),
            Record::Witnessed { node, size, root, time_s } => self.witnessed(node, *size, *root, *time_s),
            Record::Head(note) => self.head(note, policy),
            Record::Salted { .. }
            | Record::Restored
            | Record::Vouched
            | Record::Lost { .. }
            | Record::Published { .. } => Ok(()),
        }
    }

    fn rewind(&mut self, node: &NodeId, size: u64) -> Result<(), String> {
        let branch = self.logs.entry(*node).or_default();
        if size < branch.certified() {
            return Err(format!("I1: {} was rewound to {size}, below what is certified", node.short()));
        }
        branch.leaves.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        branch.tree.truncate(size);
        Ok(())
    }

    fn witnessed(&mut self, node: &NodeId, size: u64, root: Hash, time_s: u64) -> Result<(), String> {
        let branch = self.logs.entry(*node).or_default();
        let log = node.short();
        if time_s < self.time_s {
            return Err(format!("I7: a witness's time went back from {} to {time_s}", self.time_s));
        }
        if branch.root_at(size) != Some(root) {
            return Err(format!("I1: a witness cosigns {log} at {size} without holding its leaves"));
        }
        if let Some((old, old_root)) = branch.witnessed
            && (size < old || branch.root_at(old) != Some(old_root))
        {
            return Err(format!("I1: a witness that cosigned {log} at {old} cosigns a rival at {size}"));
        }
        branch.witnessed = Some((size, root));
        self.time_s = time_s;
        self.cosigned.insert((*node, size, root, time_s));
        Ok(())
    }

    fn head(&mut self, note: &str, policy: &Policy) -> Result<(), String> {
        let head =
            SignedCheckpoint::parse(note).map_err(|e| format!("I7: a kept head does not parse: {e}"))?;
        policy.check(&head).map_err(|e| format!("I1: a head is kept that is not certified: {e}"))?;
        let (node, size) = (head.checkpoint.origin.node, head.checkpoint.size);
        let branch = self.logs.entry(node).or_default();
        if branch.root_at(size) != Some(head.checkpoint.root) {
            return Err(format!("I1: a certified head of {} at {size} is beside the leaves", node.short()));
        }
        branch.heads.insert(size, head);
        Ok(())
    }
}
