use super::*;
use crate::clock;
use crate::config::RunnerCommand;
use crate::ledger::{Limit, Limits, Prices};
use std::path::Path;
use tempfile::TempDir;
use vantage_exec::{KeySource, VendorConfig};
use vantage_protocol::attester::Task;
use vantage_protocol::genesis::{EDITION, Genesis, Member};
use vantage_protocol::id::{NetId, NodeId};
use vantage_protocol::keys::RootKey;
use vantage_protocol::request::Request;
use vantage_protocol::suite::{Prompt, PromptKind, Suite};
use vantage_testnet::vendors::{Fault, SIM_KEY, SimConfig, SimVendor};

const NET: NetId = NetId([1; 32]);
const JOB: JobId = JobId([7; 32]);

/// A node's execution side, over a simulated vendor.
struct Rig {
    dir: TempDir,
    vendor: SimVendor,
    store: Arc<Store>,
    gap_ms: u64,
    calls_max_per_job: u32,
    day: Limit,
}

impl Rig {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(dir.path(), &NET, &NodeId([2; 32])).unwrap());
        let vendor = SimVendor::start(SimConfig::default()).await.unwrap();
        Self { dir, vendor, store, gap_ms: 0, calls_max_per_job: 100, day: Limit::default() }
    }

    fn start(&self) -> (Executions, mpsc::Receiver<SlotEnd>) {
        let (ends, ended) = mpsc::channel(4);
        let (config, store) = (self.config(), self.store.clone());
        let budget = config.budget.clone();
        let ledger = Arc::new(Ledger::open(store.clone(), budget.limits, budget.prices).unwrap());
        (Executions::new(&config, store, ledger, ends).unwrap(), ended)
    }

    fn config(&self) -> Config {
        let key = self.dir.path().join("sim.key");
        write_private(&key, SIM_KEY);
        let vendor = VendorConfig {
            calls_max_per_job: self.calls_max_per_job,
            backoff_base_ms: 1,
            backoff_cap_ms: 5,
            key: KeySource::File(key),
            ..serde_json::from_value(serde_json::json!({
                "target": "sim:openai", "endpoints": { "eu": self.vendor.endpoint("eu") }
            }))
            .unwrap()
        };
        Config {
            file: "vantage.toml".into(),
            data: self.dir.path().into(),
            genesis: genesis(),
            region: Some("eu".into()),
            net: crate::config::Net {
                listen: vec![],
                external: vec![],
                bootstrap: vec![],
                allow_private: true,
            },
            offers: crate::config::Offers { targets: vec![], slots_max: 1 },
            models: self.dir.path().join("models"),
            execution: crate::config::Execution { gap_ms: self.gap_ms },
            golem: None,
            metrics: None,
            log: Default::default(),
            disk: Default::default(),
            keep: Default::default(),
            policy: Default::default(),
            budget: crate::config::Budget {
                limits: Limits::new(self.day, Limit::default(), [&vendor]),
                prices: Prices::new([&vendor], None).unwrap(),
            },
            vendors: vec![vendor.check(true).unwrap()],
            runner: RunnerCommand::default(),
        }
    }
}

fn write_private(path: &Path, text: &str) {
    if !path.exists() {
        crate::private_file::create(path, text.as_bytes()).unwrap();
    }
}

fn genesis() -> Genesis {
    let root = RootKey::from_seed(&[1; 32]).public();
    Genesis {
        v: EDITION,
        name: "net".into(),
        founded_s: 1,
        test: true,
        gap_s_min: 2,
        output_bytes_max: 4096,
        founders: vec![],
        committee: vec![Member { root, operator: "a".into(), region: "eu".into() }],
    }
}

/// A slot of so many prompts, in descending order, that is of use for a minute.
fn slot(target: &str, prompts: u32) -> Execution {
    let target: Target = target.parse().unwrap();
    let prompt = |n: u32| Prompt {
        id: format!("p{n}"),
        topic: "t".into(),
        kind: PromptKind::Open,
        text: format!("What is {n}?"),
    };
    let suite = Suite {
        v: 1,
        name: "s".into(),
        label: "l".into(),
        tokens_max: 16,
        temperature_milli: Some(0),
        seed: None,
        prompts: (0..prompts).map(prompt).collect(),
    };
    let task = |n: u32| {
        let request = Request::of(&target, &suite, &prompt(n));
        Task { prompt: n, repeat: 0, hash: request.hash(&NET), request, seed: None }
    };
    Execution {
        job: JOB,
        slot: 3,
        author: vantage_protocol::id::NodeId([7; 32]),
        suite: vantage_protocol::cid::Cid::raw(b"suite"),
        region: "eu".into(),
        until_s: clock::now_ms() / 1000 + 60,
        output_bytes_max: 4096,
        calls_max: 1000,
        tasks: (0..prompts).rev().map(task).collect(),
        target,
    }
}

async fn end(ended: &mut mpsc::Receiver<SlotEnd>) -> SlotOutcome {
    ended.recv().await.expect("an end").outcome
}

fn executed(outcome: SlotOutcome) -> Vec<Receipt> {
    match outcome {
        SlotOutcome::Executed { cells, .. } => cells,
        other => panic!("{other:?}"),
    }
}

fn declined(outcome: SlotOutcome) -> String {
    match outcome {
        SlotOutcome::Declined { reason } => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_slot_gives_receipts_in_canonical_order_and_private_blocks() {
    let rig = Rig::new().await;
    let (mut executions, mut ended) = rig.start();
    let execution = slot("sim:openai", 4);
    executions.start(execution.clone());
    executions.start(execution.clone());
    assert_eq!(executions.running(), 1, "asked for twice, run once");
    let cells = executed(end(&mut ended).await);
    assert_eq!(cells.iter().map(|cell| cell.prompt).collect::<Vec<_>>(), [0, 1, 2, 3]);
    for cell in &cells {
        let task = execution.tasks.iter().find(|task| task.prompt == cell.prompt).unwrap();
        assert_eq!((cell.request, cell.sim, cell.attempts), (task.hash, true, 1));
        assert_eq!((cell.status, cell.failure.as_deref()), (Some(200), None));
        for cid in [cell.output.unwrap(), cell.response.unwrap()] {
            assert!(rig.store.block(&cid).is_some() && rig.store.public_block(&cid).is_none());
        }
        let text = rig.store.block(&cell.output.unwrap()).unwrap();
        let body = rig.store.block(&cell.response.unwrap()).unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["choices"][0]["message"]["content"], String::from_utf8(text).unwrap());
    }
    assert_eq!(rig.vendor.calls(), 4);
    executions.stop(ended).await;
}

#[tokio::test]
async fn a_restarted_slot_goes_on_where_it_was() {
    let mut rig = Rig::new().await;
    rig.gap_ms = 60_000;
    let (mut executions, ended) = rig.start();
    let mut execution = slot("sim:openai", 3);
    execution.until_s += 600;
    executions.start(execution.clone());
    while rig.store.cells(&JOB, 3).unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    executions.stop(ended).await;
    let kept = rig.store.cells(&JOB, 3).unwrap();
    assert_eq!((kept.len(), rig.vendor.calls()), (1, 1), "the pause held the others back");

    rig.gap_ms = 0;
    let (mut executions, mut ended) = rig.start();
    executions.start(execution.clone());
    let cells = executed(end(&mut ended).await);
    assert_eq!((cells.len(), rig.vendor.calls()), (3, 3), "nothing was asked twice");
    assert_eq!(kept.values().next(), cells.last(), "the kept receipt is the one that is told");
    executions.stop(ended).await;

    let (mut executions, mut ended) = rig.start();
    executions.start(execution);
    assert_eq!(executed(end(&mut ended).await), cells);
    assert_eq!(rig.vendor.calls(), 3);
    executions.stop(ended).await;
}

#[tokio::test]
async fn the_caps_on_calls_hold_over_restarts() {
    let mut rig = Rig::new().await;
    rig.calls_max_per_job = 3;
    rig.vendor.inject(Fault::Status(500), 1);
    let (mut executions, mut ended) = rig.start();
    executions.start(slot("sim:openai", 4));
    let cells = executed(end(&mut ended).await);
    let failures: Vec<_> = cells.iter().map(|cell| cell.failure.as_deref()).collect();
    assert_eq!(failures, [Some("budget"), Some("budget"), None, None], "one call went into the retry");
    assert_eq!(rig.vendor.calls(), 3);
    executions.stop(ended).await;

    let (mut executions, mut ended) = rig.start();
    let mut other = slot("sim:openai", 1);
    other.slot = 4;
    executions.start(other);
    let cells = executed(end(&mut ended).await);
    assert_eq!((cells[0].failure.as_deref(), rig.vendor.calls()), (Some("budget"), 3));
    executions.stop(ended).await;
}

#[tokio::test]
async fn receipts_say_what_calls_cost_and_a_day_ends_when_its_money_does() {
    let mut rig = Rig::new().await;
    // 200, and 2048 for the tokens that a vendor may add unasked
    rig.day = Limit { calls_max: None, microusd_max: Some(2248) };
    let (mut executions, mut ended) = rig.start();
    executions.start(slot("sim:openai", 8));
    let cells = executed(end(&mut ended).await);
    let views = executions.spending().vendors().unwrap();
    let [vendor, all] = &views[..] else { panic!("{views:?}") };
    let answered: Vec<_> = cells.iter().filter(|cell| cell.failure.is_none()).collect();
    let spent: u64 = answered.iter().map(|cell| cell.cost_microusd.unwrap()).sum();
    assert!(answered.iter().all(|cell| cell.cost_microusd > Some(0)) && !answered.is_empty());
    let refused = cells.iter().filter(|cell| cell.failure.as_deref() == Some("budget"));
    assert!(refused.count() > 0 && cells.len() == 8);
    assert_eq!(
        (vendor.vendor.as_str(), vendor.spent_microusd, vendor.reserved_microusd),
        ("sim:openai", spent, 0)
    );
    assert_eq!(
        (all.spent_microusd, all.microusd_max, all.free_microusd),
        (spent, Some(2248), Some(2248 - spent))
    );
    assert_eq!((vendor.calls, rig.vendor.calls()), (answered.len() as u64, answered.len() as u64));
    assert_eq!(vendor.pace.unwrap().at_once_max, 2);
    executions.stop(ended).await;

    // The next process finds the same, and the other slots of the day get nothing.
    let (mut executions, mut ended) = rig.start();
    let again = executions.spending().vendors().unwrap();
    assert_eq!((again[1].spent_microusd, again[1].calls), (spent, all.calls));
    let mut other = slot("sim:openai", 1);
    other.job = JobId([9; 32]);
    executions.start(other);
    assert_eq!(executed(end(&mut ended).await)[0].failure.as_deref(), Some("budget"));
    assert_eq!(rig.vendor.calls(), again[1].calls, "a refused call is not sent");
    executions.stop(ended).await;
}

#[tokio::test]
async fn what_is_not_done_in_time_says_so_and_what_is_too_late_is_given_up() {
    let mut rig = Rig::new().await;
    rig.gap_ms = 3_600_000;
    let (mut executions, mut ended) = rig.start();
    let mut execution = slot("sim:openai", 3);
    execution.until_s = clock::now_ms() / 1000 + 3;
    executions.start(execution.clone());
    let end = end(&mut ended).await;
    // a machine that stands still for seconds may miss the deadline as a whole
    if let SlotOutcome::Executed { cells, .. } = end {
        let failures: Vec<_> = cells.iter().map(|cell| cell.failure.as_deref()).collect();
        assert_eq!(failures[..2], [Some("deadline"), Some("deadline")]);
        assert_eq!(cells[0].attempts, 0);
    } else {
        assert!(matches!(end, SlotOutcome::GivenUp), "{end:?}");
    }
    execution.slot = 9;
    execution.until_s = clock::now_ms() / 1000 - 1;
    executions.start(execution);
    assert!(matches!(super::tests::end(&mut ended).await, SlotOutcome::GivenUp));
    executions.stop(ended).await;
}

#[tokio::test]
async fn an_abandoned_slot_ends_at_once() {
    let mut rig = Rig::new().await;
    rig.gap_ms = 3_600_000;
    let (mut executions, mut ended) = rig.start();
    let mut execution = slot("sim:openai", 2);
    execution.until_s += 7200;
    executions.start(execution);
    executions.abandon(&JOB, 3);
    let end = ended.recv().await.unwrap();
    assert!(matches!(end.outcome, SlotOutcome::GivenUp), "{end:?}");
    executions.ended(&end);
    assert_eq!(executions.running(), 0);
    executions.stop(ended).await;
}

#[tokio::test]
async fn what_cannot_be_run_here_is_declined_with_the_reason() {
    let rig = Rig::new().await;
    let (mut executions, mut ended) = rig.start();
    let mut elsewhere = slot("sim:openai", 1);
    elsewhere.region = "us".into();
    for (n, execution, reason) in [
        (1, slot("open:smollm2-135m", 1), "vantage model pull smollm2-135m"),
        (2, slot("openai/gpt-4.1-mini", 1), "no [[vendor]] \"openai\""),
        (3, elsewhere, "no endpoint for region us"),
    ] {
        executions.start(Execution { slot: n, ..execution });
        let found = declined(end(&mut ended).await);
        assert!(found.contains(reason), "{found}");
    }
    assert_eq!(rig.vendor.calls(), 0);
    executions.stop(ended).await;
}

#[tokio::test]
async fn a_dead_endpoint_is_a_failure_in_the_receipt() {
    let rig = Rig::new().await;
    let (mut executions, mut ended) = rig.start();
    let Rig { vendor, .. } = rig;
    vendor.shutdown().await.unwrap();
    executions.start(slot("sim:openai", 1));
    let cells = executed(end(&mut ended).await);
    assert_eq!(cells[0].failure.as_deref(), Some("connect"));
    assert_eq!((cells[0].output, cells[0].attempts), (None, 4));
    executions.stop(ended).await;
}
