//! `vantage bench-publish`: what it costs to publish a picture of the node after a group of inputs, with many jobs that are
//! over and with none. For the benchmarks, which may not know the engine; hidden, since an operator learns nothing to act on.

use super::args::BenchPublishArgs;
use super::bench_store::median;
use super::error::{CliError, CliResult};
use super::exit::Exit;
use super::render::Out;
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use vantage_daemon::engine::{Ended, Published, Standing};
use vantage_daemon::store::{Batch, Staged, Store};
use vantage_protocol::announce::{Announce, Offer};
use vantage_protocol::attester::{Attester, Config, Effect, Input, JobOrder, Record};
use vantage_protocol::cid::Cid;
use vantage_protocol::compare::COMPARE_VERSION;
use vantage_protocol::genesis::{EDITION, Genesis, Member};
use vantage_protocol::hash::sha256;
use vantage_protocol::id::NetId;
use vantage_protocol::job::{Job, JobTarget};
use vantage_protocol::keys::{LogKey, RootKey, TransportKey, WitnessKey};
use vantage_protocol::keyset::Keyset;
use vantage_protocol::leaf::{Leaf, Statement};
use vantage_protocol::suite::{Prompt, PromptKind, Suite};
use vantage_protocol::wire;

/// When the jobs that are over were made, POSIX seconds.
const FOUNDED_S: u64 = 1_750_000_000;
/// When the others are made: all deadlines of the former have passed.
const NOW_S: u64 = FOUNDED_S + 1_000_000;
/// Between two groups: a head is due after each.
const STEP_MS: u64 = 1000;
const REGION: &str = "eu";

/// Medians of each round.
#[derive(Serialize)]
struct Measured {
    jobs_over: u32,
    rounds: Vec<Round>,
}

/// Median times of a picture, microseconds.
#[derive(Serialize)]
struct Round {
    /// Where no job is over.
    none_us: f64,
    /// Where many are.
    many_us: f64,
}

pub(super) fn run(args: &BenchPublishArgs, out: &mut Out) -> CliResult<Exit> {
    let (none, many) = (args.data.join("none"), args.data.join("many"));
    let (mut none, mut many) = (Subject::open(&none, 0)?, Subject::open(&many, args.jobs)?);
    let mut rounds = Vec::new();
    for _ in 0..args.rounds {
        let (mut few_us, mut many_us) = (Vec::new(), Vec::new());
        for _ in 0..args.groups.max(1) {
            few_us.push(none.order()?);
            many_us.push(many.order()?);
        }
        rounds.push(Round { none_us: median(few_us), many_us: median(many_us) });
    }
    out.object(&Measured { jobs_over: args.jobs, rounds });
    Ok(Exit::Done)
}

/// A committee of one, its store, and what it has published.
struct Subject {
    attester: Attester,
    store: Store,
    published: Arc<Published>,
    ended: Ended,
    suite: Vec<u8>,
    said: u64,
    now_ms: u64,
}

impl Subject {
    /// Whose own log holds so many jobs, all of them over.
    fn open(dir: &Path, jobs_over: u32) -> CliResult<Self> {
        let config = committee_of_one();
        let (net, node) = (config.genesis.net(), config.keyset.node());
        std::fs::create_dir(dir).map_err(|error| CliError::file("create", dir, &error))?;
        let store = Store::open(dir, &net, &node).map_err(CliError::failed)?;
        let leaf = |statement| Leaf { net, author: node, statement }.encode();
        let keyset = leaf(Statement::Keyset(Box::new(config.keyset.clone())));
        let jobs = (0..jobs_over).map(|n| leaf(Statement::Job(job_over(n))));
        let records: Vec<Record> =
            std::iter::once(keyset).chain(jobs).map(|leaf| Record::OwnLeaf(leaf.into())).collect();
        let mut attester = Attester::new(config).map_err(CliError::failed)?;
        for records in records.chunks(1000) {
            let mut batch = Batch::default();
            records.iter().for_each(|record| batch.record(record));
            store.commit(batch).map_err(CliError::failed)?;
        }
        for record in records {
            attester.restore(record).map_err(CliError::failed)?;
        }
        let standing = Standing::idle(&attester, NOW_S * 1000);
        let published = Published::first(&mut attester, standing);
        let published = Arc::new(published);
        let mut subject = Self {
            attester,
            store,
            published,
            ended: Ended::default(),
            suite: suite(),
            said: 0,
            now_ms: NOW_S * 1000,
        };
        subject.group(Input::Announce { announce: announce() })?;
        // the core looks at some jobs at a time
        for _ in 0..=jobs_over {
            if subject.published.past.values().sum::<usize>() == jobs_over as usize {
                return Ok(subject);
            }
            subject.group(Input::Tick)?;
        }
        Err(CliError::failed(format!("not all of {jobs_over} jobs are over: {:?}", subject.published.past)))
    }

    /// A job is ordered. What the picture after it takes, microseconds.
    fn order(&mut self) -> CliResult<f64> {
        self.said += 1;
        let suite = Cid::dag_cbor(&self.suite);
        let mut batch = Batch::default();
        batch.put(&suite, self.suite.clone(), true);
        self.store.commit(batch).map_err(CliError::failed)?;
        let took = self.group(Input::Submit { token: self.said, order: order(suite, self.said) })?;
        let live = self.published.jobs.len() as u64;
        if live != self.said {
            return Err(CliError::failed(format!("{live} of {} orders became jobs", self.said)));
        }
        Ok(took)
    }

    /// One group, as the engine handles it. What its picture takes, microseconds.
    fn group(&mut self, input: Input) -> CliResult<f64> {
        let mut batch = Batch::default();
        self.now_ms += STEP_MS;
        let view = Staged { store: &self.store, batch: &batch };
        let mut effects = self.attester.hear(input, self.now_ms, &view);
        effects.extend(self.attester.drive(self.now_ms, &view));
        for effect in effects {
            match effect {
                Effect::Persist(record) => batch.record(&record),
                Effect::Put { cid, bytes } => batch.put(&cid, bytes, true),
                Effect::Submitted { result: Err(why), .. } => return Err(CliError::failed(why)),
                _ => {}
            }
        }
        let began = Instant::now();
        let standing = Standing::idle(&self.attester, self.now_ms);
        let next =
            self.published.after(&mut self.attester, &self.store, standing, (&mut self.ended, &mut batch));
        self.published = Arc::new(next.map_err(CliError::failed)?);
        let took = began.elapsed();
        self.store.commit(batch).map_err(CliError::failed)?;
        Ok(took.as_secs_f64() * 1e6)
    }
}

/// From fixed seeds; it speaks to nobody.
fn committee_of_one() -> Config {
    let seed = |role: &str| sha256(format!("vantage benchmark: publishing, {role}").as_bytes()).0;
    let root = RootKey::from_seed(&seed("root"));
    let (log, witness) = (LogKey::from_seed(&seed("log")), WitnessKey::from_seed(&seed("witness")));
    let genesis = Genesis {
        v: EDITION,
        name: "benchmark".into(),
        founded_s: FOUNDED_S,
        test: true,
        gap_s_min: 2,
        output_bytes_max: 65_536,
        founders: Vec::new(),
        committee: vec![Member { root: root.public(), operator: "operator".into(), region: REGION.into() }],
    };
    let net: NetId = genesis.net();
    let keyset = Keyset::make(&net, &root, &TransportKey::from_seed(&seed("transport")), &log, &witness);
    Config { genesis, log, witness, keyset }
}

fn targets() -> Vec<JobTarget> {
    vec![JobTarget { target: "openai/gpt-4.1".parse().expect("a target"), repeats: 1 }]
}

fn job_over(n: u32) -> Job {
    Job {
        suite: Cid::dag_cbor(&n.to_be_bytes()),
        targets: targets(),
        regions: vec![REGION.into()],
        replicas: 1,
        executors: Cid::dag_cbor(b"executors"),
        study: None,
        from_s: FOUNDED_S + u64::from(n),
        commit_by_s: FOUNDED_S + u64::from(n) + 100,
        reveal_by_s: FOUNDED_S + u64::from(n) + 110,
        final_by_s: FOUNDED_S + u64::from(n) + 120,
        output_bytes_max: 1024,
        slot_calls_max: 10,
        compare: COMPARE_VERSION,
        beacon: None,
    }
}

/// A job that differs from those before it.
fn order(suite: Cid, n: u64) -> JobOrder {
    JobOrder {
        suite,
        targets: targets(),
        regions: vec![REGION.into()],
        replicas: 1,
        study: None,
        commit_s: 70_000 + n,
        reveal_s: 20,
        final_s: 20,
        output_bytes_max: 1024,
        slot_calls_max: 10,
    }
}

fn announce() -> Announce {
    let offers = targets().into_iter().map(|target| Offer { target: target.target, call_microusd: 0 });
    Announce {
        regions: vec![REGION.into()],
        offers: offers.collect(),
        slots_max: 16,
        from_s: NOW_S,
        until_s: NOW_S + 86_000,
    }
}

fn suite() -> Vec<u8> {
    let text = "How high is the dam?".to_owned();
    let prompt = Prompt { id: "p".into(), topic: "dam".into(), kind: PromptKind::Fact, text };
    wire::encode(&Suite {
        v: 1,
        name: "benchmark".into(),
        label: "for a benchmark".into(),
        tokens_max: 32,
        temperature_milli: None,
        seed: None,
        prompts: vec![prompt],
    })
}
