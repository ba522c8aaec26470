//! What a node has persisted, read from its records as they are written: an account of the node that
//! shares no code with the core's own state.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use vantage_protocol::attester::Record;
use vantage_protocol::hash::sha256;
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
    pub heads: BTreeMap<u64, Rc<SignedCheckpoint>>,
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

    /// Certified leaves with their indices and hashes, read from a library.
    pub fn statements<'a>(
        &self,
        library: &'a Library,
    ) -> impl DoubleEndedIterator<Item = (u64, Hash, &'a Leaf)> + use<'a, '_> {
        let end = self.certified().min(self.size());
        (0..end).filter_map(|i| {
            let hash = self.tree.leaf(i)?;
            Some((i, hash, library.leaf(&hash)?))
        })
    }

    /// Puts other leaves into their place, as no honest node does.
    #[cfg(test)]
    pub(super) fn replace(&mut self, leaves: &[Vec<u8>]) {
        self.tree = Tree::new();
        self.leaves.clear();
        leaves.iter().for_each(|bytes| self.push(bytes));
    }

    fn push(&mut self, bytes: &[u8]) {
        self.tree.push(leaf_hash(bytes));
        self.leaves.push(bytes.to_vec());
    }
}

/// Every leaf that some node has persisted, decoded once.
#[derive(Debug, Default)]
pub struct Library(BTreeMap<Hash, Option<Leaf>>);

impl Library {
    /// Reads what these mirrors hold.
    pub fn of<'a>(mirrors: impl Iterator<Item = &'a Mirror>, net: &NetId) -> Self {
        let mut library = Self::default();
        for branch in mirrors.flat_map(|m| m.logs.values()) {
            for (i, bytes) in (0..).zip(&branch.leaves) {
                let Some(hash) = branch.tree.leaf(i) else { continue };
                library.0.entry(hash).or_insert_with(|| Leaf::decode(bytes, net).ok());
            }
        }
        library
    }

    /// The leaf of this hash, if it is one of this network.
    pub fn leaf(&self, hash: &Hash) -> Option<&Leaf> {
        self.0.get(hash)?.as_ref()
    }
}

/// A cosignature that a node may give: log, size, root, time.
pub type Cosigned = (NodeId, u64, Hash, u64);

/// Reads certified heads, each text once: most nodes keep the same ones.
#[derive(Clone, Debug)]
pub struct Reader {
    policy: Policy,
    known: BTreeMap<Hash, Rc<SignedCheckpoint>>,
}

impl Reader {
    /// A reader with the keys of the whole committee.
    pub fn new(policy: Policy) -> Self {
        Self { policy, known: BTreeMap::new() }
    }

    fn read(&mut self, note: &str) -> Result<Rc<SignedCheckpoint>, String> {
        let id = sha256(note.as_bytes());
        if let Some(known) = self.known.get(&id) {
            return Ok(known.clone());
        }
        let head =
            SignedCheckpoint::parse(note).map_err(|e| format!("I7: a kept head does not parse: {e}"))?;
        self.policy.check(&head).map_err(|e| format!("I1: a head is kept that is not certified: {e}"))?;
        let head = Rc::new(head);
        self.known.insert(id, head.clone());
        Ok(head)
    }
}

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
    pub fn persist(&mut self, record: &Record, reader: &mut Reader) -> Result<(), String> {
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
            Record::Head(note) => self.head(reader.read(note)?),
            Record::Salted { .. }
            | Record::Restored
            | Record::Vouched
            | Record::Lost { .. }
            | Record::Published { .. }
            | Record::Provided { .. } => Ok(()),
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

    fn head(&mut self, head: Rc<SignedCheckpoint>) -> Result<(), String> {
        let (node, size) = (head.checkpoint.origin.node, head.checkpoint.size);
        let branch = self.logs.entry(node).or_default();
        if branch.root_at(size) != Some(head.checkpoint.root) {
            return Err(format!("I1: a certified head of {} at {size} is beside the leaves", node.short()));
        }
        branch.heads.insert(size, head);
        Ok(())
    }
}
