//! A complete small world by hand, with real signatures: a committee of four in two regions, one
//! job of two slots and two prompts, and the bundle that proves it. Everything from fixed seeds.

use crate::announce::{Announce, Offer};
use crate::assignment::{Assignment, assign};
use crate::bundle::Certs;
use crate::cid::Cid;
use crate::content::Content;
use crate::genesis::{EDITION, Genesis, Member};
use crate::id::{JobId, NetId, NodeId, Salt};
use crate::job::{Executors, Job, JobTarget};
use crate::keys::{LogKey, RootKey, TransportKey, WitnessKey};
use crate::keyset::Keyset;
use crate::leaf::{Cert, Leaf, LeafRef, Statement};
use crate::log::{Checkpoint, Cosignature, Policy, TlogProof, Tree, leaf_hash};
use crate::proof::{Assembled, Car, Compared, Parts, assemble, bundle, candidates, certs, closure, report};
use crate::receipt::{OriginGrade, Receipt, Receipts};
use crate::request::Request;
use crate::statement::{
    Ack, AckItem, AckVerdict, Commit, Decline, Final, Reveal, StatementList, commit_hash,
};
use crate::study::StudyPlan;
use crate::suite::{Prompt, PromptKind, Suite};
use crate::wire;
use std::collections::BTreeMap;

/// When the job was made, POSIX seconds.
pub(crate) const FROM_S: u64 = 1_750_000_000;
pub(crate) const COMMIT_BY_S: u64 = FROM_S + 10;
pub(crate) const REVEAL_BY_S: u64 = FROM_S + 20;

/// A node: its keys and its log.
pub(crate) struct Node {
    pub(crate) id: NodeId,
    pub(crate) keyset: Keyset,
    pub(crate) log: LogKey,
    pub(crate) witness: WitnessKey,
    pub(crate) leaves: Vec<Vec<u8>>,
    tree: Tree,
}

/// What a member says on the job: which of the two slots it acknowledges, and whether it finalises.
#[derive(Clone)]
pub(crate) struct Voice {
    pub(crate) acks: Vec<u32>,
    pub(crate) finalises: bool,
}

/// How a world is to be.
#[derive(Clone)]
pub(crate) struct Plot {
    pub(crate) seed: u8,
    pub(crate) members: u8,
    /// The job's author is no member.
    pub(crate) volunteer: bool,
    /// Slot 1 is declined.
    pub(crate) decline: bool,
    /// What is asked.
    pub(crate) target: &'static str,
    /// When commits and reveals are cosigned.
    pub(crate) commit_s: u64,
    pub(crate) reveal_s: u64,
    pub(crate) voices: Vec<Voice>,
    /// Changes receipts before they are committed to.
    pub(crate) receipts: fn(&mut Receipts),
    /// The report that Finals name, if not the right one.
    pub(crate) report: Option<Cid>,
    /// The study plan, if there is one.
    pub(crate) study: Option<StudyPlan>,
}

impl Default for Plot {
    fn default() -> Self {
        let voice = |finalises| Voice { acks: vec![0, 1], finalises };
        Self {
            seed: 0,
            members: 4,
            volunteer: false,
            decline: false,
            target: "sim:openai",
            commit_s: FROM_S + 5,
            reveal_s: FROM_S + 15,
            // exactly a quorum finalises: whatever is taken away is missed
            voices: vec![voice(true), voice(true), voice(true), voice(false)],
            receipts: |_| {},
            report: None,
            study: None,
        }
    }
}

/// A finished job, in pieces that can be changed before they are put together.
pub(crate) struct World {
    pub(crate) genesis: Genesis,
    pub(crate) net: NetId,
    pub(crate) nodes: Vec<Node>,
    pub(crate) suite: Suite,
    pub(crate) study: Option<StudyPlan>,
    pub(crate) at: LeafRef,
    pub(crate) job: Job,
    pub(crate) id: JobId,
    pub(crate) assignment: Assignment,
    pub(crate) executors: Executors,
    pub(crate) list: StatementList,
    pub(crate) statements: Vec<Vec<u8>>,
    /// By slot.
    pub(crate) said: Vec<LeafRef>,
    pub(crate) report: Option<Cid>,
    pub(crate) certs: Vec<Cert>,
    pub(crate) keysets: Vec<Vec<u8>>,
    pub(crate) blocks: BTreeMap<Cid, Vec<u8>>,
}

impl World {
    /// The world where everything went well.
    pub(crate) fn sealed() -> Self {
        Self::new(&Plot::default())
    }

    pub(crate) fn new(plot: &Plot) -> Self {
        let mut world = Self::found(plot);
        world.announce_and_submit(plot);
        for slot in 0..2 {
            world.run(plot, slot);
        }
        world.list = StatementList::new(world.id, world.said.clone());
        world.statements = world.leaves(&world.list);
        let compiled = world.compile(&world.list);
        world.report = Some(compiled.0);
        world.blocks.insert(compiled.0, compiled.1);
        for (index, voice) in plot.voices.iter().enumerate() {
            world.speak(plot, index, voice);
        }
        world
    }

    /// The blocks of the bundle.
    pub(crate) fn car(&self) -> Car {
        self.car_with(|_, _| {})
    }

    /// The blocks of the bundle after a change to the content and to the certs; ids are computed
    /// anew.
    pub(crate) fn car_with(&self, edit: impl FnOnce(&mut Content, &mut Certs)) -> Car {
        let made = assemble(&self.parts(&self.announces())).unwrap();
        let mut pool = self.blocks.clone();
        pool.extend(made.blocks.iter().cloned());
        let mut content: Content = wire::decode(&pool[&made.root]).unwrap();
        let mut shown = certs(&self.net, self.id, &self.keysets, &self.certs).unwrap();
        edit(&mut content, &mut shown);
        let bytes = wire::encode(&content);
        let root = Cid::dag_cbor(&bytes);
        pool.insert(root, bytes);
        let head = bundle(content.net, root, self.report, &shown).unwrap();
        pool.extend(head.blocks.iter().cloned());
        gather(head.root, &pool)
    }

    pub(crate) fn content(&self) -> Assembled {
        assemble(&self.parts(&self.announces())).unwrap()
    }

    pub(crate) fn announces(&self) -> Vec<Vec<u8>> {
        let leaf = |at: &LeafRef| self.node(&at.author).leaves[at.index as usize].clone();
        self.executors.announces.iter().map(leaf).collect()
    }

    pub(crate) fn parts<'a>(&'a self, announces: &'a [Vec<u8>]) -> Parts<'a> {
        Parts {
            genesis: &self.genesis,
            job_leaf: &self.node(&self.at.author).leaves[self.at.index as usize],
            announces,
            list: &self.list,
            statements: &self.statements,
        }
    }

    pub(crate) fn node(&self, id: &NodeId) -> &Node {
        self.nodes.iter().find(|n| n.id == *id).unwrap()
    }

    pub(crate) fn executor(&self, slot: u32) -> NodeId {
        self.assignment[slot as usize].unwrap()
    }

    /// The committee's policy, without the members left out.
    pub(crate) fn policy(&self, without: &[NodeId]) -> Policy {
        let members = self.nodes.iter().filter(|n| self.genesis.member(&n.id).is_some());
        let known = members.filter(|n| !without.contains(&n.id));
        let entry = |n: &Node| (n.id, self.genesis.origin(n.id), n.witness.public());
        Policy::new(known.map(entry).collect(), self.genesis.quorum())
    }

    pub(crate) fn reveal(&self, slot: u32) -> Reveal {
        let at = self.said[slot as usize];
        let bytes = &self.node(&at.author).leaves[at.index as usize];
        match Leaf::decode(bytes, &self.net).unwrap().statement {
            Statement::Reveal(reveal) => reveal,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn leaves(&self, list: &StatementList) -> Vec<Vec<u8>> {
        list.statements.iter().map(|at| self.node(&at.author).leaves[at.index as usize].clone()).collect()
    }

    /// Appends a leaf to a node's log.
    pub(crate) fn say(&mut self, node: &NodeId, statement: Statement) -> LeafRef {
        let bytes = Leaf { net: self.net, author: *node, statement }.encode();
        let node = self.nodes.iter_mut().find(|n| n.id == *node).unwrap();
        let at = LeafRef { author: node.id, index: node.leaves.len() as u64, hash: leaf_hash(&bytes) };
        node.tree.push(at.hash);
        node.leaves.push(bytes);
        at
    }

    /// A leaf under its log's present head, cosigned by the first members, a second apart backwards.
    pub(crate) fn cert(&self, at: &LeafRef, time_s: u64, cosigners: usize) -> Cert {
        let node = self.node(&at.author);
        let size = node.tree.size();
        let checkpoint = Checkpoint { origin: self.genesis.origin(node.id), size, root: node.tree.root() };
        let mut signed = checkpoint.sign(&node.log);
        for (i, member) in self.nodes.iter().take(cosigners).enumerate() {
            let cosignature = Cosignature::make(&signed.checkpoint, &member.witness, time_s - i as u64);
            let origin = self.genesis.origin(member.id);
            signed.add(&origin, &member.witness.public(), cosignature).unwrap();
        }
        let path = node.tree.inclusion(at.index, size).unwrap();
        let proof = TlogProof { index: at.index, path, checkpoint: signed, extra: None };
        Cert { leaf: node.leaves[at.index as usize].clone(), proof: proof.to_text() }
    }

    pub(crate) fn put<T: serde::Serialize>(&mut self, value: &T) -> Cid {
        let bytes = wire::encode(value);
        let cid = Cid::dag_cbor(&bytes);
        self.blocks.insert(cid, bytes);
        cid
    }

    pub(crate) fn put_raw(&mut self, bytes: &[u8]) -> Cid {
        self.blocks.insert(Cid::raw(bytes), bytes.to_vec());
        Cid::raw(bytes)
    }

    /// Report id and bytes for some list.
    pub(crate) fn compile(&self, list: &StatementList) -> (Cid, Vec<u8>) {
        let decode = |bytes: &Vec<u8>| Leaf::decode(bytes, &self.net).unwrap();
        let statements: Vec<_> =
            self.leaves(list).iter().map(decode).map(|l| (l.author, l.statement)).collect();
        let compared = Compared {
            net: self.net,
            genesis: &self.genesis,
            id: self.id,
            job: &self.job,
            suite: &self.suite,
            study: self.study.as_ref(),
            assignment: &self.assignment,
            statements: &statements,
        };
        let compiled = report(&compared, &|cid| self.blocks.get(cid).cloned()).unwrap();
        (compiled.cid, compiled.bytes)
    }

    fn found(plot: &Plot) -> Self {
        let regions = ["eu", "us"];
        let root = |i: u8| RootKey::from_seed(&[plot.seed + i + 1; 32]);
        let member = |i: u8| Member {
            root: root(i).public(),
            operator: format!("operator-{i}"),
            region: regions[usize::from(i) % 2].to_owned(),
        };
        let mut committee: Vec<Member> = (0..plot.members).map(member).collect();
        committee.sort_by_key(|m| m.root);
        let genesis = Genesis {
            v: EDITION,
            name: "small world".into(),
            founded_s: FROM_S - 1000,
            test: true,
            gap_s_min: 2,
            output_bytes_max: 4096,
            founders: vec!["a test".into()],
            committee,
        };
        let net = genesis.net();
        let nodes = (0..plot.members + u8::from(plot.volunteer)).map(|i| node(&net, plot.seed, i)).collect();
        let suite = suite();
        let empty = LeafRef { author: NodeId([0; 32]), index: 0, hash: crate::id::Hash([0; 32]) };
        Self {
            genesis,
            net,
            nodes,
            job: job(Cid::dag_cbor(&wire::encode(&suite)), Cid::raw(b"")),
            suite,
            study: plot.study.clone(),
            at: empty,
            id: JobId([0; 32]),
            assignment: Vec::new(),
            executors: Executors { v: 1, announces: Vec::new() },
            list: StatementList::new(JobId([0; 32]), Vec::new()),
            statements: Vec::new(),
            said: Vec::new(),
            report: None,
            certs: Vec::new(),
            keysets: Vec::new(),
            blocks: BTreeMap::new(),
        }
    }

    fn announce_and_submit(&mut self, plot: &Plot) {
        let members: Vec<(NodeId, String)> =
            self.genesis.committee.iter().map(|m| (m.root.node_id(), m.region.clone())).collect();
        for (node, region) in &members {
            let announce = Announce {
                regions: vec![region.clone()],
                offers: vec![Offer { target: plot.target.parse().unwrap(), call_microusd: 0 }],
                slots_max: 4,
                from_s: FROM_S - 10,
                until_s: FROM_S + 1000,
            };
            let at = self.say(node, Statement::Announce(announce));
            self.executors.announces.push(at);
        }
        self.executors.announces.sort_by_key(|at| at.author);
        let (suite, executors) = (self.suite.clone(), self.executors.clone());
        self.job.targets[0].target = plot.target.parse().unwrap();
        self.job.suite = self.put(&suite);
        self.job.executors = self.put(&executors);
        self.job.study = self.study.clone().map(|study| self.put(&study));
        let author = self.nodes[if plot.volunteer { self.nodes.len() - 1 } else { 0 }].id;
        self.at = self.say(&author, Statement::Job(self.job.clone()));
        self.id = JobId(self.at.hash.0);
        self.certs.push(self.cert(&self.at, FROM_S + 2, self.genesis.quorum()));
        self.keysets = self.nodes.iter().map(|n| n.leaves[0].clone()).collect();
        let candidates = candidates(&self.net, &self.genesis, &self.executors, &self.announces()).unwrap();
        self.assignment = assign(&self.net, &self.id, &self.job, &candidates);
    }

    fn run(&mut self, plot: &Plot, slot: u32) {
        let executor = self.executor(slot);
        let quorum = self.genesis.quorum();
        if plot.decline && slot == 1 {
            let decline = Decline { job: self.id, slot, reason: "no budget".into() };
            let at = self.say(&executor, Statement::Decline(decline));
            self.certs.push(self.cert(&at, plot.commit_s, quorum));
            return self.said.push(at);
        }
        let mut receipts = self.receipts(slot, executor);
        (plot.receipts)(&mut receipts);
        let receipts = self.put(&receipts);
        let salt = Salt([slot as u8; 32]);
        let hash = commit_hash(&self.net, &self.id, slot, &executor, &salt, &receipts);
        let commit = self.say(&executor, Statement::Commit(Commit { job: self.id, slot, hash }));
        let cert = self.cert(&commit, plot.commit_s, quorum);
        let proof = self.put(&cert);
        let reveal = Reveal { job: self.id, slot, commit, salt, receipts, proof };
        let at = self.say(&executor, Statement::Reveal(reveal));
        self.certs.push(self.cert(&at, plot.reveal_s, quorum));
        self.said.push(at);
    }

    fn receipts(&mut self, slot: u32, executor: NodeId) -> Receipts {
        let target = self.job.targets[0].target.clone();
        let place = self.job.slot(slot).unwrap();
        let cells = self.job.cells(place, &self.suite.clone());
        let cell = |(prompt, repeat): (u32, u32)| {
            let text = format!("slot {slot} answers prompt {prompt} at length");
            let output = self.put_raw(text.as_bytes());
            let response = self.put_raw(format!("{{\"text\":\"{text}\"}}").as_bytes());
            let request = Request::of(&target, &self.suite, &self.suite.prompts[prompt as usize]);
            Receipt {
                prompt,
                repeat,
                request: request.hash(&self.net),
                output: Some(output),
                response: Some(response),
                failure: None,
                endpoint: None,
                status: Some(200),
                model: Some("sim-gpt-1".into()),
                request_id: None,
                finish: Some("stop".into()),
                codes: BTreeMap::new(),
                headers: BTreeMap::new(),
                started_ms: FROM_S * 1000,
                ended_ms: FROM_S * 1000 + 5,
                input_tokens: Some(7),
                output_tokens: Some(9),
                cost_microusd: None,
                attempts: 1,
                surface: target.surface(),
                sim: target.is_sim(),
                engine: None,
                golem: None,
                origin: OriginGrade::Own,
            }
        };
        let cells = cells.into_iter().map(cell).collect();
        Receipts { v: 1, job: self.id, slot, executor, cells }
    }

    fn speak(&mut self, plot: &Plot, index: usize, voice: &Voice) {
        let (node, quorum) = (self.nodes[index].id, self.genesis.quorum());
        let mine: Vec<LeafRef> = voice.acks.iter().map(|slot| self.said[*slot as usize]).collect();
        if !mine.is_empty() {
            let item = |at: &LeafRef| AckItem { statement: *at, verdict: AckVerdict::Ok };
            let ack = Ack { job: self.id, items: mine.iter().map(item).collect() };
            let at = self.say(&node, Statement::Ack(ack));
            self.certs.push(self.cert(&at, FROM_S + 22, quorum));
        }
        if voice.finalises {
            let list = StatementList::new(self.id, mine);
            let named = plot.report.unwrap_or_else(|| self.compile(&list).0);
            let last = Final {
                job: self.id,
                count: list.statements.len() as u32,
                root: list.root(),
                list: Cid::dag_cbor(&wire::encode(&list)),
                report: Some(named),
            };
            let at = self.say(&node, Statement::Final(last));
            self.certs.push(self.cert(&at, FROM_S + 25, quorum));
        }
    }
}

/// Blocks below a root, as far as the pool has them.
pub(crate) fn gather(root: Cid, pool: &BTreeMap<Cid, Vec<u8>>) -> Car {
    let held = closure(root, &|cid| pool.get(cid).cloned()).held;
    Car { root, blocks: held.iter().map(|cid| (*cid, pool[cid].clone())).collect() }
}

pub(crate) fn node(net: &NetId, seed: u8, i: u8) -> Node {
    let seed = |role: u8| [role + seed + i + 1; 32];
    let (root, log) = (RootKey::from_seed(&seed(0)), LogKey::from_seed(&seed(60)));
    let (transport, witness) = (TransportKey::from_seed(&seed(120)), WitnessKey::from_seed(&seed(180)));
    let keyset = Keyset::make(net, &root, &transport, &log, &witness);
    let id = keyset.node();
    let leaf = Leaf { net: *net, author: id, statement: Statement::Keyset(Box::new(keyset.clone())) };
    let bytes = leaf.encode();
    let mut tree = Tree::new();
    tree.push(leaf_hash(&bytes));
    Node { id, keyset, log, witness, leaves: vec![bytes], tree }
}

fn suite() -> Suite {
    let prompt =
        |id: &str, kind, text: &str| Prompt { id: id.into(), topic: "words".into(), kind, text: text.into() };
    Suite {
        v: 1,
        name: "two prompts".into(),
        label: "an illustration, not a study".into(),
        tokens_max: 16,
        temperature_milli: Some(0),
        seed: None,
        prompts: vec![
            prompt("who", PromptKind::Identity, "Who are you?"),
            prompt("sum", PromptKind::Fact, "What is two and two?"),
        ],
    }
}

fn job(suite: Cid, executors: Cid) -> Job {
    Job {
        suite,
        targets: vec![JobTarget { target: "sim:openai".parse().unwrap(), repeats: 1 }],
        regions: vec!["eu".into(), "us".into()],
        replicas: 1,
        executors,
        study: None,
        from_s: FROM_S,
        commit_by_s: COMMIT_BY_S,
        reveal_by_s: REVEAL_BY_S,
        final_by_s: FROM_S + 30,
        output_bytes_max: 4096,
        slot_calls_max: 8,
        compare: crate::compare::COMPARE_VERSION,
        beacon: None,
    }
}
