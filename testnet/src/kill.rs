//! Kills real processes at random moments of real jobs and looks whether anything got lost.
//!
//! Each round orders a job for `sim:openai` with deadlines at the network's smallest gap, kills one
//! process, any of them, by SIGKILL at a random moment, starts it again, and demands that the job
//! ends SEALED or BOUNDED on every node with every cell accounted for, that every member's bundle
//! verifies, that no node said two things at one place of its log, and that all that was ever
//! published by a member is still there.

use crate::cluster::{self, Cluster, ClusterError, NodePlan, Plan, vantage};
use crate::vendors::SimConfig;
use clap::Args;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use vantage_protocol::bundle::{Bundle, Certs};
use vantage_protocol::id::{Hash, NetId, NodeId};
use vantage_protocol::log::{TlogProof, leaf_hash};
use vantage_protocol::proof::{Car, Summary, Trust, verify_car};
use vantage_protocol::wire;

/// Time for the answers, seconds: three times what they take undisturbed.
const COMMIT_S: u64 = 6;
/// Gap between the later deadlines, seconds: the smallest that a test network allows.
const GAP_S: u64 = 2;
/// Longest time for a round: a guess, deadlines, a restart, and the longest wait between retries three
/// times over.
const ROUND_S_MAX: u64 = 120;
/// Longest time that a killed process stays away, milliseconds.
const AWAY_MS_MAX: u64 = 1500;

const SUITE: &str = r#"
v = 1
name = "kill"
label = "for tests only"
tokens_max = 64
temperature_milli = 0
prompts = [
    { id = "capital", topic = "geography", kind = "fact", text = "What is the capital of Australia?" },
    { id = "primes", topic = "arithmetic", kind = "control", text = "List the first five prime numbers, separated by commas." },
    { id = "dam", topic = "karun-sel-dam", kind = "contested", text = "Who is responsible for the water shortage downstream of the Karun-Sel dam?" },
]
"#;

/// Options of the kill test.
#[derive(Clone, Debug, Args)]
pub struct KillArgs {
    /// Jobs, each with one kill
    #[arg(long, default_value_t = 10)]
    pub rounds: u32,
    /// Chooses victims and moments
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Print one JSON object at the end
    #[arg(long)]
    pub json: bool,
}

/// What one round came to.
#[derive(Clone, Debug, Serialize)]
pub struct Round {
    /// Number.
    pub round: u32,
    /// Who was killed.
    pub victim: String,
    /// How long after the order, milliseconds.
    pub after_ms: u64,
    /// How long it stayed away before it was started again, milliseconds.
    pub away_ms: u64,
    /// The job.
    pub job: String,
    /// Nodes on which it is SEALED.
    pub sealed: usize,
    /// Nodes on which it is BOUNDED.
    pub bounded: usize,
    /// Cells answered, failed or missing with a reason: all of them.
    pub cells: u64,
    /// Of these, answered.
    pub answered: u64,
    /// Time from the order to the last node's outcome, milliseconds.
    pub took_ms: u64,
}

/// Why the test failed.
#[derive(Debug, thiserror::Error)]
pub enum KillError {
    /// The network did not do its part.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The programs could not be built.
    #[error(transparent)]
    Build(#[from] cluster::BuildError),
    /// A command failed.
    #[error(transparent)]
    Command(#[from] cluster::FoundError),
    /// Files.
    #[error("{0}")]
    Files(String),
    /// Something was lost or said twice.
    #[error("round {round}: {why}")]
    Broken {
        /// Which round.
        round: u32,
        /// What happened.
        why: String,
    },
}

/// Where leaves stand, as certified proofs show: one leaf a place.
type Places = BTreeMap<(NodeId, u64), Hash>;

/// Runs all rounds on one network. `say` gets a line for people after each.
pub async fn run(arguments: &KillArgs, dir: &Path, say: impl Fn(&Round)) -> Result<Vec<Round>, KillError> {
    let binaries =
        tokio::task::spawn_blocking(cluster::build).await.map_err(|e| KillError::Files(e.to_string()))??;
    let mut rng = ChaCha8Rng::seed_from_u64(arguments.seed);
    let plan = plan();
    let sim = SimConfig {
        seed: arguments.seed,
        regions: plan.regions().into_iter().collect(),
        plants: Vec::new(),
        ..SimConfig::default()
    };
    let mut cluster = Cluster::start(dir, &plan, vec![sim], binaries).await?;
    cluster.gathered().await?;
    let suite = dir.join("suite.toml");
    std::fs::write(&suite, SUITE).map_err(|e| KillError::Files(e.to_string()))?;
    let (mut rounds, mut places, mut published) = (Vec::new(), Places::new(), Vec::new());
    for number in 1..=arguments.rounds {
        let round = one(&mut cluster, &mut rng, number, &suite, &mut places, &mut published).await?;
        say(&round);
        rounds.push(round);
    }
    still_there(&cluster, &published, arguments.rounds).await?;
    cluster.shutdown().await;
    Ok(rounds)
}

/// Four members of four operators in two regions, and a volunteer.
fn plan() -> Plan {
    let members = [("alder", "eu"), ("birch", "eu"), ("cedar", "us"), ("dogwood", "us")];
    let member = |(operator, region): (&str, &str)| NodePlan {
        name: format!("{operator}-{region}"),
        operator: Some(operator.to_owned()),
        region: region.to_owned(),
    };
    let volunteer = NodePlan { name: "volunteer-us".into(), operator: None, region: "us".into() };
    Plan {
        name: "kill".into(),
        nodes: members.into_iter().map(member).chain([volunteer]).collect(),
        offers: vec!["sim:openai".into()],
        cell_gap_ms: 100,
        golem: None,
    }
}

async fn one(
    cluster: &mut Cluster,
    rng: &mut ChaCha8Rng,
    number: u32,
    suite: &Path,
    places: &mut Places,
    published: &mut Vec<(PathBuf, String)>,
) -> Result<Round, KillError> {
    let author = below(rng, cluster.nodes.len() as u64) as usize;
    let victim = below(rng, cluster.nodes.len() as u64 + 1) as usize;
    let after_ms = below(rng, 1000 * (COMMIT_S + 2 * GAP_S));
    let away_ms = below(rng, AWAY_MS_MAX);
    let started = Instant::now();
    let job = order(cluster, author, suite).await?;
    tokio::time::sleep(Duration::from_millis(after_ms).saturating_sub(started.elapsed())).await;
    let name = match cluster.nodes.get_mut(victim) {
        Some(node) => {
            node.process.kill().await;
            node.plan.name.clone()
        }
        None => {
            cluster.bootstrap.kill().await;
            "bootstrap".to_owned()
        }
    };
    tokio::time::sleep(Duration::from_millis(away_ms)).await;
    if victim < cluster.nodes.len() {
        cluster.restart(victim).await?
    } else {
        cluster.restart_bootstrap().await?
    }
    let mut round = Round {
        round: number,
        victim: name,
        after_ms,
        away_ms,
        job,
        sealed: 0,
        bounded: 0,
        cells: 0,
        answered: 0,
        took_ms: 0,
    };
    ended(cluster, &mut round).await?;
    round.took_ms = started.elapsed().as_millis() as u64;
    bundles(cluster, &mut round, places, published).await?;
    Ok(round)
}

async fn order(cluster: &Cluster, author: usize, suite: &Path) -> Result<String, KillError> {
    let data = cluster.nodes[author].data.to_string_lossy().into_owned();
    let suite = suite.to_string_lossy().into_owned();
    let (commit, gap) = (format!("{COMMIT_S}s"), format!("{GAP_S}s"));
    let arguments = [
        "job",
        "submit",
        &suite,
        "--data",
        &data,
        "--json",
        "--regions",
        "eu,us",
        "--replicas",
        "2",
        "--target",
        "sim:openai",
        "--commit",
        &commit,
        "--reveal",
        &gap,
        "--final",
        &gap,
    ];
    let answer = vantage(&cluster.binaries, &arguments).await?;
    let id = answer.get("id").and_then(Value::as_str).map(str::to_owned);
    id.ok_or_else(|| KillError::Files(format!("job submit answered {answer}")))
}

/// Every node, the killed one included, has an outcome; none has lost its log or seen a fork.
async fn ended(cluster: &Cluster, round: &mut Round) -> Result<(), KillError> {
    for node in &cluster.nodes {
        let what = format!("round {}: job {} has an outcome on {}", round.round, round.job, node.plan.name);
        let id = round.job.clone();
        let view = cluster
            .until(&what, ROUND_S_MAX, || async {
                let view = cluster.job(node, &id).await.ok()?;
                // a member publishes once it holds everything, which a killed one has to fetch first
                let published = node.plan.operator.is_none() || view.bundle.is_some();
                (view.outcome.is_some() && view.content.is_some() && published).then_some(view)
            })
            .await?;
        let sealed = view.sealed().is_some();
        round.sealed += usize::from(sealed);
        round.bounded += usize::from(!sealed);
        let status = cluster.status(node).await?;
        if !status.forks.is_empty() || status.lost_own_log.is_some() {
            return broken(round.round, format!("{} reports {:?}", node.plan.name, status.notices));
        }
    }
    Ok(())
}

/// Every member's bundle verifies, all cells are accounted for, and no log has two leaves at a place.
async fn bundles(
    cluster: &Cluster,
    round: &mut Round,
    places: &mut Places,
    published: &mut Vec<(PathBuf, String)>,
) -> Result<(), KillError> {
    let net: NetId = cluster.net.parse().map_err(|e| KillError::Files(format!("genesis hash: {e}")))?;
    for node in cluster.nodes.iter().filter(|n| n.plan.operator.is_some()) {
        let bytes =
            export(cluster, &node.data, &round.job, &format!("{}-{}", round.round, node.plan.name)).await?;
        let verdict = verify_car(&bytes, &Trust::Hash(net));
        if !matches!(verdict.summary, Summary::Sealed | Summary::Bounded) {
            let why = format!(
                "{}'s bundle is {}: {}",
                node.plan.name,
                verdict.summary.word(),
                verdict.reasons.join("; ")
            );
            return broken(round.round, why);
        }
        let Some(cells) = &verdict.cells else {
            return broken(round.round, "cells are not accounted for".into());
        };
        if cells.total() != verdict.cells_total {
            return broken(
                round.round,
                format!("{} of {} cells are accounted for", cells.total(), verdict.cells_total),
            );
        }
        (round.cells, round.answered) = (verdict.cells_total, cells.answered);
        note_places(round.round, &bytes, places)?;
        published.push((node.data.clone(), round.job.clone()));
    }
    Ok(())
}

async fn export(cluster: &Cluster, data: &Path, job: &str, name: &str) -> Result<Vec<u8>, KillError> {
    let out = cluster.dir.join(format!("{name}.car"));
    let (data, path) = (data.to_string_lossy().into_owned(), out.to_string_lossy().into_owned());
    vantage(&cluster.binaries, &["bundle", "export", job, "--data", &data, "--out", &path, "--json"]).await?;
    let bytes = std::fs::read(&out).map_err(|e| KillError::Files(format!("{path}: {e}")))?;
    std::fs::remove_file(&out).map_err(|e| KillError::Files(format!("{path}: {e}")))?;
    Ok(bytes)
}

/// Compares the places of proven leaves with all that was seen before.
fn note_places(round: u32, car: &[u8], places: &mut Places) -> Result<(), KillError> {
    let unreadable =
        |what: &str| KillError::Broken { round, why: format!("{what} of a verified bundle does not read") };
    let car = Car::parse(car).map_err(|_| unreadable("the file"))?;
    let bundle: Bundle =
        car.blocks.get(&car.root).and_then(|b| wire::decode(b).ok()).ok_or_else(|| unreadable("the root"))?;
    let certs: Certs = car
        .blocks
        .get(&bundle.certs)
        .and_then(|b| wire::decode(b).ok())
        .ok_or_else(|| unreadable("the certs"))?;
    for cert in &certs.certs {
        let proof = TlogProof::parse(&cert.proof).map_err(|_| unreadable("a proof"))?;
        let (place, hash) = ((proof.checkpoint.checkpoint.origin.node, proof.index), leaf_hash(&cert.leaf));
        if *places.entry(place).or_insert(hash) != hash {
            return broken(round, format!("{} said two things at leaf {}", place.0, place.1));
        }
    }
    Ok(())
}

/// What a member has published once, it still has after all the kills.
async fn still_there(
    cluster: &Cluster,
    published: &[(PathBuf, String)],
    round: u32,
) -> Result<(), KillError> {
    let net: NetId = cluster.net.parse().map_err(|e| KillError::Files(format!("genesis hash: {e}")))?;
    for (data, job) in published {
        let verdict = verify_car(&export(cluster, data, job, "again").await?, &Trust::Hash(net));
        if !matches!(verdict.summary, Summary::Sealed | Summary::Bounded) {
            let why = format!("job {job} in {} is {} in the end", data.display(), verdict.summary.word());
            return broken(round, why);
        }
    }
    Ok(())
}

fn broken<T>(round: u32, why: String) -> Result<T, KillError> {
    Err(KillError::Broken { round, why })
}

/// A number below `bound`, which is small: the bias of a remainder does not matter here.
fn below(rng: &mut ChaCha8Rng, bound: u64) -> u64 {
    rng.next_u64() % bound.max(1)
}
