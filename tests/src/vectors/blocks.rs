//! Content-addressed blocks, and what a node keeps.

use super::Vector;
use super::decode::{computed, wired};
use super::leaves::{committed_log, decline, reveal, statements};
use super::world::{JOB_S, World, world};
use serde_bytes::ByteBuf;
use serde_json::json;
use std::collections::BTreeMap;
use vantage_protocol::assignment::cell_order;
use vantage_protocol::attester::Record;
use vantage_protocol::bundle::{Bundle, Certs};
use vantage_protocol::cid::Cid;
use vantage_protocol::compare::{
    self, Cell, CellState, Input, MissingReason, PromptInfo, TargetInfo, compare,
};
use vantage_protocol::content::Content;
use vantage_protocol::finish::Ending;
use vantage_protocol::hash::sha256;
use vantage_protocol::leaf::{Statement, leaf_cid};
use vantage_protocol::receipt::{
    Engine, Golem, GolemAttempt, GolemWorker, LandmarkDelay, OriginGrade, ProviderRegion, Receipt, Receipts,
};
use vantage_protocol::request::Request;
use vantage_protocol::statement::StatementList;
use vantage_protocol::study::StudyPlan;
use vantage_protocol::target::Surface;
use vantage_protocol::wire::{self, Wire};

/// A plan as people write it.
const STUDY: &str = r#"
v = 1
name = "all kinds"
alpha_ppm = 50_000
skew_s_max = 600
[[contrasts]]
measure = "texts"
scope = "these_executors"
by_prompt = true
[[contrasts]]
measure = "refusals"
scope = "beyond_them"
regions = [["eu", "us"]]
margin_ppm = 100_000
[[contrasts]]
measure = "coded"
scope = "these_executors"
prompts = ["sum"]
against = { prompts = ["summe"] }
[[codings]]
prompt = "sum"
read = { number = { value = "2", within = "0.5" } }
[[codings]]
prompt = "summe"
read = { option = { yes = "zwei", others = ["drei"] } }
"#;

/// A plan that registers a series and no contrast.
const SERIES: &str = r#"
v = 1
name = "week 7"
alpha_ppm = 50_000

[[codings]]
prompt = "dam"
read = "yes_no"

[series]
name = "river, weekly"
predecessor = "2222222222222222222222222222222222222222222222222222222222222222"
calibration = "1111111111111111111111111111111111111111111111111111111111111111"

[[series.lines]]
measure = "refusals"
target = "sim:openai"

[[series.lines]]
measure = "coded"
target = "sim:openai"
region = "eu"
"#;

pub(super) fn vectors() -> Vec<Vector> {
    let w = world();
    let content = content(w);
    let mut all = vec![
        block("genesis", "four-members", "A test network of four members.", &w.genesis)
            .derive("net", w.net.to_string())
            .derive("quorum", w.genesis.quorum())
            .derive("faults", w.genesis.faults()),
        block("suite", "five-kinds", "One prompt of each kind.", &w.suite),
        block(
            "study-plan",
            "two-contrasts",
            "Texts in two scopes, refusals within a margin, coded answers.",
            &study(),
        ),
        block(
            "study-plan",
            "series",
            "A job of a series: what it follows, the job before it, and the calibration job that it is held against.",
            &series(),
        ),
        block("executor-list", "four", "Announces of four executors.", &w.executors),
        block("receipts", "answer-and-failure", "A slot with an answer and a failure.", &receipts(w))
            .derive("cell_order", json!(order(w))),
        block("receipts", "golem", "An answer from Golem at the second try, and nobody found.", &golem(w)),
        block("receipts", "golem-measured", "The same, with round trips from inside.", &golem_measured(w)),
        block("statement-list", "two", "A reveal and a decline, by leaf hash.", &list(w))
            .derive("root", list(w).root().to_string()),
        block("certificate", "commit", "A commit and its tlog-proof.", &cert(w)),
        block("content", "two-statements", "The DAG that is quoted.", &content),
        block("bundle", "with-report", "The root of a bundle file.", &bundle(w, true)),
        block("bundle", "without-report", "No Final names a comparison.", &bundle(w, false)),
        block("certs", "one", "A keyset and a proven leaf.", &certs(w)),
        computed("report", "two-regions", "A comparison of two regions.", &compare(&input(w))),
    ];
    all.extend(requests(w));
    all.extend(records(w));
    all
}

fn study() -> StudyPlan {
    StudyPlan::from_toml(STUDY).expect("a plan")
}

fn series() -> StudyPlan {
    StudyPlan::from_toml(SERIES).expect("a plan")
}

fn block<T: Wire>(kind: &'static str, name: &'static str, about: &'static str, value: &T) -> Vector {
    let vector = wired(kind, name, about, value);
    let cid = Cid::dag_cbor(&vector.bytes).to_string();
    vector.derive("cid", cid)
}

fn requests(w: &World) -> Vec<Vector> {
    let request = |name, about, target: &str| {
        let request = Request::of(&target.parse().expect("a target"), &w.suite, &w.suite.prompts[2]);
        let body = String::from_utf8_lossy(&request.body).into_owned();
        computed("request", name, about, &request)
            .derive("hash", request.hash(&w.net).to_string())
            .derive("body", body)
    };
    vec![
        request("open", "What an open model is asked.", "open:smollm2-135m"),
        request("golem", "What an open model on Golem is asked: the same.", "golem:smollm2-135m"),
        request("openai", "What OpenAI is asked.", "openai/gpt-4.1-mini"),
        request(
            "anthropic",
            "What Anthropic is asked, version of its API included.",
            "anthropic/claude-haiku-4-5",
        ),
        request("gemini", "What Gemini is asked, the model in the path.", "gemini/gemini-2.5-flash"),
        request(
            "gemini-encoded",
            "A model that is no plain segment of a path.",
            "gemini/models/tuned:Eu/\"x\"%2F..",
        ),
        request("compatible", "What a compatible endpoint is asked.", "compat:lab/Qwen/Qwen2.5-7B-Instruct"),
    ]
}

fn order(w: &World) -> Vec<(u32, u32)> {
    let slot = w.job.slot(0).expect("slot 0");
    cell_order(&w.net, &w.job_id, &w.job, &w.job.cells(slot, &w.suite))
}

/// What slot 0's executor did.
pub(super) fn receipts(w: &World) -> Receipts {
    let target = &w.job.targets[0].target;
    let receipt = |prompt: u32| Receipt {
        prompt,
        repeat: 0,
        request: Request::of(target, &w.suite, &w.suite.prompts[prompt as usize]).hash(&w.net),
        output: Some(Cid::raw(b"I am a small model.")),
        response: Some(Cid::raw(b"{\"text\":\"I am a small model.\"}")),
        failure: None,
        endpoint: None,
        status: Some(200),
        model: Some("smollm2-135m".into()),
        request_id: Some("run-1".into()),
        finish: Some("stop".into()),
        codes: BTreeMap::new(),
        headers: BTreeMap::from([("x-request-id".into(), "run-1".into())]),
        started_ms: JOB_S * 1000 + 5,
        ended_ms: JOB_S * 1000 + 917,
        input_tokens: Some(12),
        output_tokens: Some(7),
        cost_microusd: Some(0),
        attempts: 1,
        surface: Surface::Open,
        sim: false,
        engine: Some(Engine {
            name: "candle 0.9".into(),
            model: sha256(b"a model file"),
            weights: sha256(b"its weights"),
            quantisation: "f32".into(),
            cpu: "avx2 fma".into(),
            threads: 1,
        }),
        golem: None,
        origin: OriginGrade::Own,
    };
    let failed = Receipt {
        output: None,
        response: None,
        failure: Some("timeout".into()),
        endpoint: Some("api.openai.com".into()),
        status: None,
        model: None,
        request_id: None,
        finish: None,
        codes: BTreeMap::new(),
        headers: BTreeMap::new(),
        input_tokens: None,
        output_tokens: None,
        cost_microusd: None,
        attempts: 3,
        surface: Surface::Api,
        sim: true,
        engine: None,
        ..receipt(1)
    };
    Receipts { v: 1, job: w.job_id, slot: 0, executor: w.executor().0.id, cells: vec![receipt(0), failed] }
}

/// What an executor has to say that went to Golem.
fn golem(w: &World) -> Receipts {
    let mut receipts = receipts(w);
    let worker = GolemWorker {
        provider: "0xe0419e60fe222d45b3f1d853e310fce464ddd777".into(),
        runtime: "vm 0.5.3".into(),
        agreement: "0dcac98b89c7698be8f3ab5e19b7c116ddaa048ec78d95f8b9b413a901d20557".into(),
        activity: Some("af1f78154ca84ffbb8753d84d58cd3c9".into()),
        hour_nanoglm: 100_000_000,
        cpu_second_nanoglm: 27_778,
        start_nanoglm: 0,
    };
    let lost =
        GolemWorker { provider: "0x33c5692e3e4f475a434427ebc88fe734fc63761a".into(), ..worker.clone() };
    let attempt = |n: u64, worker, failure: Option<&str>| GolemAttempt {
        began_ms: JOB_S * 1000 + n,
        ended_ms: JOB_S * 1000 + n + 400,
        worker,
        failure: failure.map(str::to_owned),
    };
    let told = |attempts| {
        Some(Golem {
            image: "9a".repeat(28),
            platform: "erc20-holesky-tglm".into(),
            test_money: true,
            region: ProviderRegion::Unmeasured,
            attempts,
        })
    };
    let tries = vec![attempt(5, Some(lost), Some("golem_provider_lost")), attempt(405, Some(worker), None)];
    for receipt in &mut receipts.cells {
        receipt.surface = Surface::Golem;
        receipt.sim = false;
        receipt.endpoint = None;
        receipt.status = None;
    }
    receipts.cells[0].golem = told(tries);
    receipts.cells[0].attempts = 2;
    receipts.cells[1].golem = told(vec![attempt(5, None, Some("golem_no_provider"))]);
    receipts.cells[1].failure = Some("golem_no_provider".into());
    receipts.cells[1].attempts = 1;
    receipts
}

/// The same, where the last provider's runtime had a way out to landmarks.
fn golem_measured(w: &World) -> Receipts {
    let mut receipts = golem(w);
    let delay = |landmark: &str, region: &str, round_trip_us, failure: Option<&str>| LandmarkDelay {
        landmark: landmark.into(),
        region: region.into(),
        round_trip_us,
        failure: failure.map(str::to_owned),
    };
    let delays = vec![
        delay("ap-1", "ap", None, Some("timeout")),
        delay("eu-1", "eu", Some(12_345), None),
        delay("us-1", "us", Some(140_006), None),
    ];
    if let Some(golem) = &mut receipts.cells[0].golem {
        golem.region = ProviderRegion::Measured { delays };
    }
    receipts
}

/// The reveal and the decline.
pub(super) fn list(w: &World) -> StatementList {
    StatementList::new(w.job_id, statements(w).to_vec())
}

fn cert(w: &World) -> vantage_protocol::leaf::Cert {
    w.cert(w.executor().0, &committed_log(w), JOB_S + 40)
}

pub(super) fn content(w: &World) -> Content {
    let mut nodes: Vec<_> = w.members[..3].iter().chain([&w.volunteer]).collect();
    nodes.sort_by_key(|node| node.id);
    let announces = nodes.into_iter().map(|node| leaf_cid(&w.announce(node).encode())).collect();
    let mut statements = [reveal(w), decline(w)];
    statements.sort_by_key(|leaf| leaf.reference(0).hash);
    Content {
        v: 3,
        net: w.net,
        genesis: w.genesis.cid(),
        id: w.job_id,
        job: leaf_cid(&w.members[3].says(&w.net, Statement::Job(w.job.clone())).encode()),
        suite: w.job.suite,
        study: w.job.study,
        executors: w.job.executors,
        announces,
        list: Cid::dag_cbor(&wire::encode(&list(w))),
        statements: statements.iter().map(|leaf| leaf_cid(&leaf.encode())).collect(),
    }
}

pub(super) fn bundle(w: &World, with_report: bool) -> Bundle {
    Bundle {
        v: 1,
        net: w.net,
        content: Cid::dag_cbor(&wire::encode(&content(w))),
        report: with_report.then(|| Cid::dag_cbor(&wire::encode(&compare(&input(w))))),
        certs: Cid::dag_cbor(&wire::encode(&certs(w))),
    }
}

pub(super) fn certs(w: &World) -> Certs {
    Certs {
        v: 1,
        job: w.job_id,
        keysets: vec![ByteBuf::from(w.members[0].keyset(&w.net).encode())],
        certs: vec![cert(w)],
    }
}

fn records(w: &World) -> Vec<Vector> {
    let (executor, salt) = w.executor();
    let log = committed_log(w);
    let leaves = log.iter().map(|leaf| ByteBuf::from(leaf.encode())).collect();
    let head = w.head(executor, &log, 2, JOB_S + 40);
    let (size, root) = (head.checkpoint.size, head.checkpoint.root);
    let receipts = Cid::dag_cbor(&wire::encode(&receipts(w)));
    let node = executor.id;
    let record = |name, about, record: Record| wired("record", name, about, &record);
    vec![
        record("own-leaf", "The next leaf of the own log.", Record::OwnLeaf(ByteBuf::from(log[2].encode()))),
        record("leaves", "Leaves of another log.", Record::Leaves { node, start: 0, leaves }),
        record("head", "A head worth keeping.", Record::Head(head.to_note())),
        record(
            "witnessed",
            "What is about to be cosigned.",
            Record::Witnessed { node, size, root, time_s: JOB_S + 40 },
        ),
        record("salted", "What a commit hides.", Record::Salted { job: w.job_id, slot: 0, salt, receipts }),
        record("rewind", "A branch to forget.", Record::Rewind { node, size: 2 }),
        record("restored", "A backup begins here.", Record::Restored),
        record("vouched", "Enough members were asked.", Record::Vouched),
        record("lost", "Peers hold a longer log.", Record::Lost { seen: 7 }),
        record(
            "published",
            "What was published of a job.",
            Record::Published { job: w.job_id, content: receipts, bundle: receipts },
        ),
        record(
            "provided",
            "What is provided of a job for good.",
            Record::Provided { job: w.job_id, bundle: receipts },
        ),
    ]
}

/// Two regions that answer two prompts, once alike and once apart; one cell failed, one slot unassigned.
fn input(w: &World) -> Input {
    let cell = |prompt: u32, region: u32, replica: u32, said: &str| {
        let node = &w.members[(2 * region + replica) as usize];
        let output = Cid::raw(said.as_bytes());
        Cell {
            prompt,
            target: 0,
            region,
            replica,
            repeat: 0,
            executor: node.id,
            operator: compare::Operator::Vouched(format!("op-{}", 2 * region + replica)),
            asked_ms: None,
            state: CellState::Answer { text: said.to_owned(), output, ending: Ending::Whole },
        }
    };
    let mut cells = vec![
        cell(0, 0, 0, "Four."),
        cell(0, 0, 1, "Four."),
        cell(0, 1, 0, "Four."),
        cell(0, 1, 1, "It is four."),
        cell(1, 0, 0, "The island belongs to the north."),
        cell(1, 0, 1, "The island belongs to the north."),
        cell(1, 1, 0, "The island belongs to the south."),
        cell(1, 1, 1, "The island belongs to the south."),
    ];
    cells[3].state = CellState::Failed { code: "timeout".into() };
    cells.push(Cell { replica: 2, ..cell(0, 0, 0, "") });
    if let Some(last) = cells.last_mut() {
        last.state = CellState::Missing { reason: MissingReason::Unassigned };
    }
    let prompt = |index: usize| {
        let prompt = &w.suite.prompts[index];
        PromptInfo {
            id: prompt.id.clone(),
            topic: prompt.topic.clone(),
            kind: prompt.kind.word().into(),
            text: prompt.text.clone(),
        }
    };
    Input {
        regions: w.job.regions.clone(),
        targets: vec![TargetInfo {
            name: "open:smollm2-135m".into(),
            deterministic: true,
            surface: "open".into(),
            sim: false,
        }],
        prompts: vec![prompt(1), prompt(3)],
        study: None,
        temperature_milli: Some(1_000),
        drawn_from: (vantage_protocol::id::NetId([1; 32]), vantage_protocol::id::JobId([2; 32])),
        cells,
    }
}
