//! A whole sealed job of any size as a bundle file: what a verifier is given.

use super::answers;
use super::logs::{FOUNDED_S, Logs};
use std::collections::BTreeMap;
use vantage_protocol::announce::{Announce, Offer};
use vantage_protocol::assignment::{Assignment, assign};
use vantage_protocol::cid::Cid;
use vantage_protocol::compare::{COMPARE_VERSION, Input};
use vantage_protocol::hash::sha256;
use vantage_protocol::id::{Hash, JobId, NetId, NodeId, Salt};
use vantage_protocol::job::{Executors, Job, JobTarget, Slot};
use vantage_protocol::leaf::{Cert, LeafRef, Statement};
use vantage_protocol::proof::{
    Car, Compared, Parts, Trust, assemble, bundle, candidates, certs, compare_input, report,
};
use vantage_protocol::receipt::{Engine, OriginGrade, Receipt, Receipts};
use vantage_protocol::request::Request;
use vantage_protocol::statement::{
    Ack, AckItem, AckVerdict, Commit, Final, Reveal, StatementList, commit_hash,
};
use vantage_protocol::study::{Contrast, Measure, Scope, StudyPlan};
use vantage_protocol::suite::{Prompt, PromptKind, Suite};
use vantage_protocol::target::{Surface, Target};
use vantage_protocol::wire;

/// Regions that a job may name here, sorted.
const REGIONS: [&str; 10] = ["af", "ap", "ca", "eu", "in", "jp", "me", "sa", "uk", "us"];
/// Targets that a job may name here, sorted: four over an API, one open model.
const TARGETS: [&str; 5] = [
    "compat:lab/llama-3.1-8b",
    "compat:lab/qwen-2.5-72b",
    "open:smollm2-135m",
    "openai/gpt-4.1",
    "openai/gpt-4.1-mini",
];
/// Most statements of one ack.
const ACK_ITEMS: usize = 100;

/// How large a job is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) regions: usize,
    pub(super) targets: usize,
    pub(super) replicas: u32,
    pub(super) prompts: usize,
    pub(super) repeats: u32,
}

impl Shape {
    /// 100,000 receipts: 200 slots of 500 cells.
    pub(super) const FULL: Self = Self { regions: 10, targets: 5, replicas: 4, prompts: 250, repeats: 2 };
    /// 96 receipts: 12 slots of 8 cells.
    pub(super) const QUICK: Self = Self { regions: 2, targets: 3, replicas: 2, prompts: 4, repeats: 2 };
}

/// A sealed job.
pub(super) struct Sealed {
    pub(super) trust: Trust,
    /// The bundle file.
    pub(super) file: Vec<u8>,
    /// Its blocks.
    pub(super) blocks: BTreeMap<Cid, Vec<u8>>,
    /// Which of them hold receipts.
    pub(super) receipts: Vec<Cid>,
    /// Receipts in them.
    pub(super) cells: usize,
    /// What the comparison is made of.
    pub(super) compared: Input,
}

impl Sealed {
    /// Runs a job of this shape to its end.
    pub(super) fn make(shape: Shape) -> Self {
        let mut maker = Maker::plan(shape);
        maker.execute();
        maker.seal()
    }
}

struct Maker {
    logs: Logs,
    suite: Suite,
    study: StudyPlan,
    executors: Executors,
    job: Job,
    at: LeafRef,
    id: JobId,
    assignment: Assignment,
    blocks: BTreeMap<Cid, Vec<u8>>,
    receipts: Vec<Cid>,
    cells: usize,
    reveals: Vec<LeafRef>,
    said: Vec<(LeafRef, Statement)>,
    certs: Vec<Cert>,
}

impl Maker {
    /// Announces, the job, the assignment.
    fn plan(shape: Shape) -> Self {
        let names = |all: &[&str], n: usize| all.iter().take(n).map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let regions = names(&REGIONS, shape.regions);
        let targets: Vec<Target> =
            TARGETS.iter().take(shape.targets).map(|t| t.parse().expect("a target")).collect();
        let mut logs = Logs::found(&regions);
        let offers: Vec<Offer> =
            targets.iter().map(|t| Offer { target: t.clone(), call_microusd: 150 }).collect();
        let nodes = logs.ids();
        let announce = |node: &NodeId| {
            let announce = Announce {
                regions: regions.clone(),
                offers: offers.clone(),
                slots_max: 1024,
                from_s: FOUNDED_S,
                until_s: FOUNDED_S + 80_000,
            };
            logs.say(node, Statement::Announce(announce))
        };
        let mut announces: Vec<LeafRef> = nodes.iter().map(announce).collect();
        announces.sort_by_key(|at| at.author);
        let executors = Executors { v: 1, announces };
        let suite = suite(shape.prompts);
        let study = study(&suite, &regions, &targets);
        let job = job((&suite, &study, &executors), regions, targets, shape);
        let author = logs.ids()[0];
        let at = logs.say(&author, Statement::Job(job.clone()));
        let id = JobId(at.hash.0);
        let leaves: Vec<Vec<u8>> = executors.announces.iter().map(|at| logs.leaf(at).to_vec()).collect();
        let candidates =
            candidates(&logs.net, &logs.genesis, &executors, &leaves).expect("the listed announces");
        let assignment = assign(&logs.net, &id, &job, &candidates);
        let certs = vec![logs.cert(&at, &logs.head(&author, FOUNDED_S + 2))];
        let mut maker = Self {
            logs,
            suite,
            study,
            executors,
            job,
            at,
            id,
            assignment,
            blocks: BTreeMap::new(),
            receipts: Vec::new(),
            cells: 0,
            reveals: Vec::new(),
            said: Vec::new(),
            certs,
        };
        maker.put(wire::encode(&maker.suite));
        maker.put(wire::encode(&maker.study));
        maker.put(wire::encode(&maker.executors));
        maker
    }

    /// Every slot is executed and committed to, then all are revealed under one head an executor.
    fn execute(&mut self) {
        let slots: Vec<Slot> = self.job.slots().collect();
        let mut hidden = Vec::new();
        for slot in slots {
            let executor = self.assignment[slot.index as usize].expect("every slot finds an executor");
            let receipts = self.receipts(slot, executor);
            self.cells += receipts.cells.len();
            let receipts = self.put(wire::encode(&receipts));
            self.receipts.push(receipts);
            let salt = Salt(sha256(&slot.index.to_be_bytes()).0);
            let hash = commit_hash(&self.logs.net, &self.id, slot.index, &executor, &salt, &receipts);
            let commit = Commit { job: self.id, slot: slot.index, hash };
            let commit = self.logs.say(&executor, Statement::Commit(commit));
            let cert = self.logs.cert(&commit, &self.logs.head(&executor, FOUNDED_S + 50));
            let proof = self.put(wire::encode(&cert));
            hidden.push((executor, Reveal { job: self.id, slot: slot.index, commit, salt, receipts, proof }));
        }
        for (executor, reveal) in hidden {
            let statement = Statement::Reveal(reveal);
            let at = self.logs.say(&executor, statement.clone());
            self.reveals.push(at);
            self.said.push((at, statement));
        }
        for node in self.logs.ids() {
            let head = self.logs.head(&node, FOUNDED_S + 110);
            let own = self.reveals.iter().filter(|at| at.author == node);
            self.certs.extend(own.map(|at| self.logs.cert(at, &head)));
        }
    }

    fn receipts(&mut self, slot: Slot, executor: NodeId) -> Receipts {
        let target = self.job.targets[slot.target].target.clone();
        let open = target.surface() == Surface::Open;
        let place = format!("{} {} {}", slot.region, slot.target, slot.replica);
        let cells = self.job.cells(slot, &self.suite).into_iter().map(|(prompt, repeat)| {
            let request = Request::of(&target, &self.suite, &self.suite.prompts[prompt as usize]);
            let request = request.hash(&self.logs.net);
            if open {
                // equal everywhere: the model is deterministic
                let output = self.put_raw(answers::text(&format!("open {prompt}")).into_bytes());
                return open_receipt(&target, (prompt, repeat), request, output);
            }
            let text = answers::text(&format!("{place} {prompt} {repeat}"));
            let request_id = format!("chatcmpl-{}", sha256(text.as_bytes()).short());
            let response = self.put_raw(answers::response(&text, &request_id, target.model()));
            let output = self.put_raw(text.into_bytes());
            api_receipt(&target, (prompt, repeat), request, (output, response), request_id)
        });
        let cells = cells.collect();
        Receipts { v: 1, job: self.id, slot: slot.index, executor, cells }
    }

    /// Acks and Finals of every member, and the bundle.
    fn seal(mut self) -> Sealed {
        let list = StatementList::new(self.id, self.reveals.clone());
        let list_cid = Cid::dag_cbor(&wire::encode(&list));
        self.said.sort_by_key(|(at, _)| at.hash);
        let statements: Vec<(NodeId, Statement)> =
            self.said.iter().map(|(at, statement)| (at.author, statement.clone())).collect();
        let compared = Compared {
            net: self.logs.net,
            genesis: &self.logs.genesis,
            id: self.id,
            job: &self.job,
            suite: &self.suite,
            study: Some(&self.study),
            assignment: &self.assignment,
            statements: &statements,
        };
        let get = |cid: &Cid| self.blocks.get(cid).cloned();
        let input = compare_input(&compared, &get).expect("every block is there");
        let compiled = report(&compared, &get).expect("every block is there");
        for node in self.logs.ids() {
            self.finalise(node, &list, list_cid, compiled.cid);
        }
        let report = self.put(compiled.bytes);
        self.bundle(&list, report, input)
    }

    fn finalise(&mut self, node: NodeId, list: &StatementList, cid: Cid, report: Cid) {
        let item = |at: &LeafRef| AckItem { statement: *at, verdict: AckVerdict::Ok };
        let mut last_words = Vec::new();
        for part in self.reveals.chunks(ACK_ITEMS) {
            let ack = Ack { job: self.id, items: part.iter().map(item).collect() };
            last_words.push(self.logs.say(&node, Statement::Ack(ack)));
        }
        let count = u32::try_from(list.statements.len()).expect("a bounded number of slots");
        let last = Final { job: self.id, count, root: list.root(), list: cid, report: Some(report) };
        last_words.push(self.logs.say(&node, Statement::Final(last)));
        let head = self.logs.head(&node, FOUNDED_S + 130);
        self.certs.extend(last_words.iter().map(|at| self.logs.cert(at, &head)));
    }

    fn bundle(mut self, list: &StatementList, report: Cid, compared: Input) -> Sealed {
        let leaves = |all: &[LeafRef]| all.iter().map(|at| self.logs.leaf(at).to_vec()).collect::<Vec<_>>();
        let keyset = |node: &NodeId| self.logs.keyset(node).to_vec();
        let made = assemble(&Parts {
            genesis: &self.logs.genesis,
            job_leaf: self.logs.leaf(&self.at),
            announces: &leaves(&self.executors.announces),
            list,
            statements: &leaves(&list.statements),
        })
        .expect("parts of one job");
        let keysets: Vec<Vec<u8>> = self.logs.ids().iter().map(keyset).collect();
        let net: NetId = self.logs.net;
        let shown = certs(&net, self.id, &keysets, &self.certs).expect("certs of one job");
        let head = bundle(net, made.root, Some(report), &shown).expect("a bundle within its bounds");
        let content = made.root;
        self.blocks.extend(made.blocks);
        self.blocks.extend(head.blocks);
        let car = Car::collect(head.root, &|cid| self.blocks.get(cid).cloned()).expect("nothing is missing");
        debug_assert!(car.blocks.contains_key(&content));
        Sealed {
            trust: Trust::Hash(net),
            file: car.to_bytes(),
            blocks: car.blocks,
            receipts: self.receipts,
            cells: self.cells,
            compared,
        }
    }

    fn put(&mut self, bytes: Vec<u8>) -> Cid {
        let cid = Cid::dag_cbor(&bytes);
        self.blocks.insert(cid, bytes);
        cid
    }

    fn put_raw(&mut self, bytes: Vec<u8>) -> Cid {
        let cid = Cid::raw(&bytes);
        self.blocks.insert(cid, bytes);
        cid
    }
}

fn suite(prompts: usize) -> Suite {
    let prompt = |i: usize| Prompt {
        id: format!("prompt-{i}"),
        topic: format!("topic-{}", i / 8),
        kind: PromptKind::Fact,
        text: answers::text(&format!("prompt {i}")),
    };
    Suite {
        v: 1,
        name: "benchmark".into(),
        label: "invented words: a load, not a study".into(),
        tokens_max: 256,
        temperature_milli: Some(700),
        seed: Some(7),
        prompts: (0..prompts).map(prompt).collect(),
    }
}

/// A plan of twelve contrasts where there are five targets: texts and refusals of each, between the first region and the last, and
/// refusals on one prompt of two.
fn study(suite: &Suite, regions: &[String], targets: &[Target]) -> StudyPlan {
    let pair = regions.first().cloned().zip(regions.last().cloned());
    let contrast = |measure, targets: &[Target], prompts: Vec<String>| Contrast {
        measure,
        scope: Scope::TheseExecutors,
        targets: targets.to_vec(),
        regions: pair.clone().into_iter().collect(),
        prompts,
        by_prompt: false,
        against: None,
        margin_ppm: None,
    };
    let one = suite.prompts.iter().take(1).map(|prompt| prompt.id.clone()).collect();
    StudyPlan {
        v: 1,
        name: "benchmark".into(),
        alpha_ppm: 50_000,
        skew_s_max: None,
        contrasts: vec![
            contrast(Measure::Texts, targets, Vec::new()),
            contrast(Measure::Refusals, targets, Vec::new()),
            contrast(Measure::Refusals, targets.get(..2).unwrap_or(targets), one),
        ],
        codings: Vec::new(),
        series: None,
    }
}

fn job(
    (suite, study, executors): (&Suite, &StudyPlan, &Executors),
    regions: Vec<String>,
    targets: Vec<Target>,
    shape: Shape,
) -> Job {
    Job {
        suite: Cid::dag_cbor(&wire::encode(suite)),
        targets: targets.into_iter().map(|target| JobTarget { target, repeats: shape.repeats }).collect(),
        regions,
        replicas: shape.replicas,
        executors: Cid::dag_cbor(&wire::encode(executors)),
        study: Some(Cid::dag_cbor(&wire::encode(study))),
        from_s: FOUNDED_S,
        commit_by_s: FOUNDED_S + 60,
        reveal_by_s: FOUNDED_S + 120,
        final_by_s: FOUNDED_S + 180,
        output_bytes_max: 16_384,
        slot_calls_max: 2_000,
        compare: COMPARE_VERSION,
        beacon: None,
    }
}

fn api_receipt(
    target: &Target,
    (prompt, repeat): (u32, u32),
    request: Hash,
    (output, response): (Cid, Cid),
    request_id: String,
) -> Receipt {
    let headers = [
        ("content-type", "application/json"),
        ("date", "Sun, 15 Jun 2025 15:06:40 GMT"),
        ("openai-processing-ms", "812"),
        ("openai-version", "2020-10-01"),
    ];
    Receipt {
        response: Some(response),
        status: Some(200),
        request_id: Some(request_id),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        cost_microusd: Some(150),
        engine: None,
        ..open_receipt(target, (prompt, repeat), request, output)
    }
}

fn open_receipt(target: &Target, (prompt, repeat): (u32, u32), request: Hash, output: Cid) -> Receipt {
    let started_ms = FOUNDED_S * 1000 + 10_000 + u64::from(prompt * 40 + repeat);
    Receipt {
        prompt,
        repeat,
        request,
        output: Some(output),
        response: None,
        failure: None,
        endpoint: None,
        status: None,
        model: Some(target.model().to_owned()),
        request_id: None,
        finish: Some("stop".into()),
        codes: BTreeMap::new(),
        headers: BTreeMap::new(),
        started_ms,
        ended_ms: started_ms + 900,
        input_tokens: Some(24),
        output_tokens: Some(61),
        cost_microusd: None,
        attempts: 1,
        surface: target.surface(),
        sim: target.is_sim(),
        engine: Some(Engine {
            name: "candle 0.9.1".into(),
            model: sha256(b"model"),
            weights: sha256(b"weights"),
            quantisation: "F32".into(),
            cpu: "x86_64 avx2 fma".into(),
            threads: 1,
        }),
        golem: None,
        origin: OriginGrade::Own,
    }
}
