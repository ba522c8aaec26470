//! A small network from fixed seeds: four members, one volunteer, one job from announce to Final, all proofs genuine.

use std::sync::OnceLock;
use vantage_protocol::announce::{Announce, Offer};
use vantage_protocol::assignment::{Assignment, Candidate, assign};
use vantage_protocol::cid::Cid;
use vantage_protocol::genesis::{EDITION, Genesis, Member};
use vantage_protocol::hash::sha256;
use vantage_protocol::id::{JobId, NetId, NodeId, Salt};
use vantage_protocol::job::{Executors, Job, JobTarget};
use vantage_protocol::keys::{LogKey, RootKey, TransportKey, WitnessKey};
use vantage_protocol::keyset::Keyset;
use vantage_protocol::leaf::{Cert, Leaf, LeafRef, Statement};
use vantage_protocol::log::{Checkpoint, Cosignature, Origin, SignedCheckpoint, TlogProof, Tree, leaf_hash};
use vantage_protocol::suite::{Prompt, PromptKind, Suite};
use vantage_protocol::wire;

/// When the network was founded, POSIX seconds: 2025-01-01.
pub const FOUNDED_S: u64 = 1_735_689_600;
/// When the job begins.
pub const JOB_S: u64 = FOUNDED_S + 3600;

/// The network and what happened in it.
#[derive(Debug)]
pub struct World {
    /// Its genesis.
    pub genesis: Genesis,
    /// Its name.
    pub net: NetId,
    /// The committee, in the order of genesis.
    pub members: Vec<Node>,
    /// A node that nobody vouches for.
    pub volunteer: Node,
    /// The suite of the job.
    pub suite: Suite,
    /// Who may be assigned: members 0 to 2 and the volunteer.
    pub executors: Executors,
    /// The job.
    pub job: Job,
    /// Its id: the leaf hash.
    pub job_id: JobId,
    /// Who takes which slot.
    pub assignment: Assignment,
}

/// The keys of a node.
#[derive(Debug)]
pub struct Node {
    /// Identity.
    pub root: RootKey,
    /// libp2p and iroh identity.
    pub transport: TransportKey,
    /// Signs checkpoints.
    pub log: LogKey,
    /// Cosigns checkpoints.
    pub witness: WitnessKey,
    /// Node id.
    pub id: NodeId,
}

impl Node {
    fn new(name: &str) -> Self {
        let seed = |role: &str| sha256(format!("vantage vector: {name}'s {role} key").as_bytes()).0;
        let root = RootKey::from_seed(&seed("root"));
        Node {
            id: root.public().node_id(),
            root,
            transport: TransportKey::from_seed(&seed("transport")),
            log: LogKey::from_seed(&seed("log")),
            witness: WitnessKey::from_seed(&seed("witness")),
        }
    }

    /// Leaf 0 of its log.
    pub fn keyset(&self, net: &NetId) -> Leaf {
        let keyset = Keyset::make(net, &self.root, &self.transport, &self.log, &self.witness);
        self.says(net, Statement::Keyset(keyset.into()))
    }

    /// A leaf of its log.
    pub fn says(&self, net: &NetId, statement: Statement) -> Leaf {
        Leaf { net: *net, author: self.id, statement }
    }
}

/// The world, made once.
pub fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(make)
}

fn make() -> World {
    let mut members: Vec<Node> = ["ada", "bo", "chi", "dov"].into_iter().map(Node::new).collect();
    members.sort_by_key(|node| node.id);
    let volunteer = Node::new("eve");
    let places = [("op-north", "eu"), ("op-south", "us"), ("op-east", "eu"), ("op-west", "us")];
    let genesis = Genesis {
        v: EDITION,
        name: "vectors".into(),
        founded_s: FOUNDED_S,
        test: true,
        gap_s_min: 2,
        output_bytes_max: 65_536,
        founders: vec!["The Vantage authors".into()],
        committee: members
            .iter()
            .zip(places)
            .map(|(node, (operator, region))| Member {
                root: node.root.public(),
                operator: operator.into(),
                region: region.into(),
            })
            .collect(),
    };
    let net = genesis.net();
    let suite = suite();
    let offering: Vec<&Node> = members[..3].iter().chain([&volunteer]).collect();
    let mut announces: Vec<LeafRef> =
        offering.iter().map(|node| announce(&net, &genesis, node).reference(1)).collect();
    announces.sort();
    let executors = Executors { v: 1, announces };
    let job = job(&suite, &executors);
    let job_id = JobId(members[3].says(&net, Statement::Job(job.clone())).reference(1).hash.0);
    let candidates: Vec<Candidate> = offering
        .into_iter()
        .map(|node| Candidate {
            node: node.id,
            operator: genesis.operator(&node.id),
            announce: offer(&genesis, node),
        })
        .collect();
    let assignment = assign(&net, &job_id, &job, &candidates);
    World { net, members, volunteer, suite, executors, job, job_id, assignment, genesis }
}

fn suite() -> Suite {
    let prompt = |id: &str, kind, text: &str| Prompt {
        id: id.into(),
        topic: "basics".into(),
        kind,
        text: text.into(),
    };
    Suite {
        v: 1,
        name: "vectors".into(),
        label: "an illustration, not a study".into(),
        tokens_max: 64,
        temperature_milli: Some(700),
        seed: Some(7),
        prompts: vec![
            prompt("who", PromptKind::Identity, "Who are you?"),
            prompt("sum", PromptKind::Fact, "What is 2 + 2?"),
            prompt("quote", PromptKind::Control, "Repeat: \"naïve\"\n\tand a tab."),
            prompt("border", PromptKind::Contested, "Who owns the island?"),
            prompt("free", PromptKind::Open, "Say anything."),
        ],
    }
}

/// What an executor offers: two targets, in the region that genesis declares for it; a volunteer stands in `us`.
fn offer(genesis: &Genesis, node: &Node) -> Announce {
    let offer =
        |target: &str, call_microusd| Offer { target: target.parse().expect("a target"), call_microusd };
    Announce {
        regions: vec![genesis.member(&node.id).map_or("us", |member| &member.region).to_owned()],
        offers: vec![offer("open:smollm2-135m", 0), offer("sim:openai", 150)],
        slots_max: 2,
        from_s: FOUNDED_S,
        until_s: FOUNDED_S + 86_400,
    }
}

fn announce(net: &NetId, genesis: &Genesis, node: &Node) -> Leaf {
    node.says(net, Statement::Announce(offer(genesis, node)))
}

fn job(suite: &Suite, executors: &Executors) -> Job {
    let target = |target: &str, repeats| JobTarget { target: target.parse().expect("a target"), repeats };
    Job {
        suite: Cid::dag_cbor(&wire::encode(suite)),
        targets: vec![target("open:smollm2-135m", 1), target("sim:openai", 2)],
        regions: vec!["eu".into(), "us".into()],
        replicas: 2,
        executors: Cid::dag_cbor(&wire::encode(executors)),
        study: None,
        from_s: JOB_S,
        commit_by_s: JOB_S + 60,
        reveal_by_s: JOB_S + 120,
        final_by_s: JOB_S + 180,
        output_bytes_max: 16_384,
        slot_calls_max: 30,
        compare: vantage_protocol::compare::COMPARE_VERSION,
        beacon: None,
    }
}

impl World {
    /// A node's announce, leaf 1 of its log.
    pub fn announce(&self, node: &Node) -> Leaf {
        announce(&self.net, &self.genesis, node)
    }

    /// The origin of a node's log.
    pub fn origin(&self, node: &Node) -> Origin {
        self.genesis.origin(node.id)
    }

    /// The head over some leaves, signed and cosigned by the first `cosigners` members at `time_s` and a second apart.
    pub fn head(&self, node: &Node, leaves: &[Leaf], cosigners: usize, time_s: u64) -> SignedCheckpoint {
        let tree = tree(leaves);
        let checkpoint = Checkpoint { origin: self.origin(node), size: tree.size(), root: tree.root() };
        let mut signed = checkpoint.sign(&node.log);
        for (member, delay_s) in self.members.iter().take(cosigners).zip(0..) {
            let cosignature = Cosignature::make(&checkpoint, &member.witness, time_s + delay_s);
            signed
                .add(&self.origin(member), &member.witness.public(), cosignature)
                .expect("its own cosignature");
        }
        signed
    }

    /// The tlog-proof of the last of some leaves under a head that three members cosigned.
    pub fn proof(&self, node: &Node, leaves: &[Leaf], time_s: u64) -> TlogProof {
        let tree = tree(leaves);
        let index = tree.size() - 1;
        let path = tree.inclusion(index, tree.size()).expect("the leaf is in the tree");
        TlogProof { index, path, checkpoint: self.head(node, leaves, 3, time_s), extra: None }
    }

    /// That proof with the leaf's bytes.
    pub fn cert(&self, node: &Node, leaves: &[Leaf], time_s: u64) -> Cert {
        let leaf = leaves.last().expect("a leaf to prove").encode();
        Cert { leaf, proof: self.proof(node, leaves, time_s).to_text() }
    }

    /// The executor of slot 0 and its salt.
    pub fn executor(&self) -> (&Node, Salt) {
        let id = self.assignment.first().copied().flatten().expect("slot 0 is assigned");
        let mut nodes = self.members.iter().chain([&self.volunteer]);
        let node = nodes.find(|node| node.id == id).expect("a node of the world");
        (node, Salt(sha256(b"vantage vector: salt of slot 0").0))
    }
}

/// The tree over some leaves.
pub fn tree(leaves: &[Leaf]) -> Tree {
    let mut tree = Tree::new();
    leaves.iter().for_each(|leaf| tree.push(leaf_hash(&leaf.encode())));
    tree
}
