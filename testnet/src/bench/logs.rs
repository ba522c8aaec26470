//! A committee with its keys and logs, everything from fixed seeds, all signatures genuine.

use vantage_protocol::attester::Config;
use vantage_protocol::genesis::{EDITION, Genesis, Member};
use vantage_protocol::hash::sha256;
use vantage_protocol::id::{NetId, NodeId};
use vantage_protocol::keys::{LogKey, PublicKey, RootKey, TransportKey, WitnessKey};
use vantage_protocol::keyset::Keyset;
use vantage_protocol::leaf::{Cert, Leaf, LeafRef, Statement};
use vantage_protocol::log::{Checkpoint, Cosignature, SignedCheckpoint, TlogProof, Tree, leaf_hash};

/// When the network was founded, POSIX seconds.
pub(super) const FOUNDED_S: u64 = 1_750_000_000;
/// Members, each of its own operator: more than a minimal committee, q = 5.
const MEMBERS: usize = 7;

/// One member: keys and log.
struct Node {
    id: NodeId,
    log: LogKey,
    witness: WitnessKey,
    keyset: Keyset,
    leaves: Vec<Vec<u8>>,
    tree: Tree,
}

/// The committee and its logs.
pub(super) struct Logs {
    pub(super) genesis: Genesis,
    pub(super) net: NetId,
    nodes: Vec<Node>,
}

impl Logs {
    /// A committee spread over some regions; every log holds its keyset.
    pub(super) fn found(regions: &[String]) -> Self {
        let seed =
            |i: usize, role: &str| sha256(format!("vantage benchmark: member {i}, {role}").as_bytes()).0;
        let roots: Vec<RootKey> = (0..MEMBERS).map(|i| RootKey::from_seed(&seed(i, "root"))).collect();
        let region = |i: usize| regions.get(i % regions.len().max(1)).cloned().unwrap_or_default();
        let mut committee: Vec<Member> = roots
            .iter()
            .enumerate()
            .map(|(i, root)| Member {
                root: root.public(),
                operator: format!("operator-{i}"),
                region: region(i),
            })
            .collect();
        committee.sort_by_key(|member| member.root);
        let genesis = Genesis {
            v: EDITION,
            name: "benchmark".into(),
            founded_s: FOUNDED_S,
            test: true,
            gap_s_min: 2,
            output_bytes_max: 65_536,
            founders: Vec::new(),
            committee,
        };
        let net = genesis.net();
        let node = |(i, root): (usize, &RootKey)| {
            let (log, witness) =
                (LogKey::from_seed(&seed(i, "log")), WitnessKey::from_seed(&seed(i, "witness")));
            let keyset =
                Keyset::make(&net, root, &TransportKey::from_seed(&seed(i, "transport")), &log, &witness);
            Node { id: keyset.node(), log, witness, keyset, leaves: Vec::new(), tree: Tree::new() }
        };
        let nodes: Vec<Node> = roots.iter().enumerate().map(node).collect();
        let keysets: Vec<Keyset> = nodes.iter().map(|node| node.keyset.clone()).collect();
        let mut logs = Self { genesis, net, nodes };
        for keyset in keysets {
            logs.say(&keyset.node(), Statement::Keyset(Box::new(keyset)));
        }
        logs
    }

    /// What a member's core is made of.
    pub(super) fn config(&self, node: &NodeId) -> Config {
        let node = self.node(node);
        Config {
            genesis: self.genesis.clone(),
            log: node.log.clone(),
            witness: node.witness.clone(),
            keyset: node.keyset.clone(),
        }
    }

    /// The key that a member's heads are checked with.
    pub(super) fn log_key(&self, node: &NodeId) -> PublicKey {
        self.node(node).log.public()
    }

    /// All leaves of a log.
    pub(super) fn leaves(&self, node: &NodeId) -> &[Vec<u8>] {
        &self.node(node).leaves
    }

    /// All members.
    pub(super) fn ids(&self) -> Vec<NodeId> {
        self.nodes.iter().map(|node| node.id).collect()
    }

    /// Appends a statement to a member's log.
    pub(super) fn say(&mut self, author: &NodeId, statement: Statement) -> LeafRef {
        let leaf = Leaf { net: self.net, author: *author, statement };
        let node = self.nodes.iter_mut().find(|node| node.id == *author).expect("a member");
        let at = leaf.reference(node.tree.size());
        node.tree.push(at.hash);
        node.leaves.push(leaf.encode());
        at
    }

    /// The bytes of a leaf.
    pub(super) fn leaf(&self, at: &LeafRef) -> &[u8] {
        &self.node(&at.author).leaves[at.index as usize]
    }

    /// A member's keyset, leaf 0 of its log.
    pub(super) fn keyset(&self, node: &NodeId) -> &[u8] {
        &self.node(node).leaves[0]
    }

    /// A log's present head, cosigned by nobody.
    pub(super) fn bare_head(&self, author: &NodeId) -> SignedCheckpoint {
        let node = self.node(author);
        let checkpoint = Checkpoint {
            origin: self.genesis.origin(node.id),
            size: node.tree.size(),
            root: node.tree.root(),
        };
        checkpoint.sign(&node.log)
    }

    /// A log's present head, cosigned by a quorum.
    pub(super) fn head(&self, author: &NodeId, time_s: u64) -> SignedCheckpoint {
        let mut signed = self.bare_head(author);
        for member in self.nodes.iter().take(self.genesis.quorum()) {
            let cosignature = Cosignature::make(&signed.checkpoint, &member.witness, time_s);
            let origin = self.genesis.origin(member.id);
            signed.add(&origin, &member.witness.public(), cosignature).expect("its own cosignature");
        }
        signed
    }

    /// A leaf under the present head of its log.
    pub(super) fn cert(&self, at: &LeafRef, head: &SignedCheckpoint) -> Cert {
        let path =
            self.node(&at.author).tree.inclusion(at.index, head.checkpoint.size).expect("the leaf is below");
        let proof = TlogProof { index: at.index, path, checkpoint: head.clone(), extra: None };
        debug_assert_eq!(leaf_hash(self.leaf(at)), at.hash);
        Cert { leaf: self.leaf(at).to_vec(), proof: proof.to_text() }
    }

    fn node(&self, id: &NodeId) -> &Node {
        self.nodes.iter().find(|node| node.id == *id).expect("a member")
    }
}
