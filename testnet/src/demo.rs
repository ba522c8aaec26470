//! The demo: the main job, end to end, on real processes, with a stranger's verification at the end.

mod deadlines;
pub(crate) mod model;
mod outcome;
pub(crate) mod progress;
#[cfg(test)]
mod sample;

use crate::cluster::{self, Cluster, ClusterError, NodePlan, Plan};
use crate::golem::{self, GolemError};
use crate::vendors::{Plant, PlantKind, SimConfig};
use clap::Args;
pub use deadlines::Deadlines;
use model::Model;
use outcome::Outcome;
use progress::Screen;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Instant;
use vantage_protocol::target::Dialect;

/// The suite that the demo runs.
const SUITE: &str = include_str!("../suites/demo.toml");
const STUDY: &str = include_str!("../suites/demo-study.toml");
/// The open model.
const OPEN: &str = "open:smollm2-135m";
/// The simulated vendors, and how often each prompt is put to one of them by one executor.
const SIMS: [(&str, Dialect); 3] =
    [("sim:anthropic", Dialect::Anthropic), ("sim:gemini", Dialect::Gemini), ("sim:openai", Dialect::OpenAi)];
const SIM_REPEATS: u32 = 4;
/// The planted differences: by which vendor, of which kind, on which topic, in which region.
const PLANTS: [(&str, PlantKind, &str, &str); 3] = [
    ("sim:openai", PlantKind::ChangedFact, "karun-sel-dam", "ap"),
    ("sim:anthropic", PlantKind::Refusal, "ostrovia-referendum", "us"),
    ("sim:gemini", PlantKind::DroppedSentence, "ostrovia-referendum", "eu"),
];

/// Options of the demo.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// Leave the network running, with all addresses shown, until Ctrl-C
    #[arg(long)]
    pub keep: bool,
    /// Print one JSON object at the end and nothing else on standard output
    #[arg(long)]
    pub json: bool,
    /// Fail if the open model can't be had, instead of going on without it
    #[arg(long)]
    pub require_model: bool,
    /// Run a second job afterwards, here and on Golem's real market: see the command `golem`. With --json its object is
    /// the member `golem` of the demo's
    #[arg(long, conflicts_with = "keep")]
    pub golem: bool,
    /// Keep everything in this directory, which must be empty or new [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// How long the job may take
    #[command(flatten)]
    pub deadlines: Deadlines,
}

/// Why the demo failed.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The network did not do its part.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The programs could not be built.
    #[error(transparent)]
    Build(#[from] cluster::BuildError),
    /// The open model is not there and was required.
    #[error("the open model is required and can't be had: {0}")]
    Model(String),
    /// Files.
    #[error("{0}")]
    Files(String),
    /// A command of the node failed.
    #[error(transparent)]
    Command(#[from] cluster::FoundError),
    /// The job on Golem.
    #[error(transparent)]
    Golem(#[from] Box<GolemError>),
    /// The outcome is not what the demo promises.
    #[error("the outcome is not what this demo promises: {0}")]
    Promise(String),
}

/// Six members of six operators, two in each of three regions, and one volunteer.
fn plan(open: bool) -> Plan {
    let members =
        [("alder", "eu"), ("birch", "eu"), ("cedar", "us"), ("dogwood", "us"), ("elm", "ap"), ("fir", "ap")];
    let member = |(operator, region): (&str, &str)| NodePlan {
        name: format!("{operator}-{region}"),
        operator: Some(operator.to_owned()),
        region: region.to_owned(),
    };
    let volunteer = NodePlan { name: "volunteer-eu".into(), operator: None, region: "eu".into() };
    let sims = SIMS.iter().map(|(sim, _)| (*sim).to_owned());
    let offers = open.then(|| OPEN.to_owned()).into_iter().chain(sims).collect();
    Plan {
        name: "demo".into(),
        nodes: members.into_iter().map(member).chain([volunteer]).collect(),
        offers,
        cell_gap_ms: 0,
        golem: None,
    }
}

/// Runs it and, if asked for, the job on Golem after it. Everything for people goes to standard output, or to nowhere
/// with `--json`.
pub async fn run(arguments: &DemoArgs) -> Result<(), DemoError> {
    let screen = Screen::new(arguments.json);
    let (dir, _temporary) = directory(arguments.dir.as_deref())?;
    let (cluster, mut report) = main_job(arguments, &dir, &screen).await?;
    let kept = if arguments.keep {
        Some(cluster)
    } else {
        cluster.shutdown().await;
        None
    };
    if arguments.golem {
        let told = golem::job(None, None, arguments.deadlines, &screen).await.map_err(Box::new)?;
        report["golem"] = told;
    }
    if arguments.json {
        println!("{report}");
    }
    if let Some(cluster) = kept {
        // ends on Ctrl-C; an error here means that there is no way to wait for it
        let _ = tokio::signal::ctrl_c().await;
        cluster.shutdown().await;
    }
    Ok(())
}

/// The demo itself: the network, which still runs, and what is to be told of it to programs.
async fn main_job(arguments: &DemoArgs, dir: &Path, screen: &Screen) -> Result<(Cluster, Value), DemoError> {
    let started = Instant::now();
    screen.step("building node and bootstrap (the first time takes some minutes)");
    let binaries =
        tokio::task::spawn_blocking(cluster::build).await.map_err(|e| DemoError::Files(e.to_string()))??;
    let model = model::find(&binaries, screen).await;
    if let (Model::Missing(why), true) = (&model, arguments.require_model) {
        return Err(DemoError::Model(why.clone()));
    }
    if let Model::Missing(why) = &model {
        screen.say(&format!("The open model can't be had, so {OPEN} is left out: {why}"));
    }
    let open = matches!(model, Model::Ready(_));
    let plan = plan(open);
    let planted = planted()?;
    let sims = SIMS.iter().map(|(sim, dialect)| SimConfig {
        dialect: *dialect,
        seed: 1,
        regions: plan.regions().into_iter().collect(),
        plants: planted.iter().filter(|(by, _)| by == sim).map(|(_, plant)| plant.clone()).collect(),
        ..SimConfig::default()
    });
    let sims = sims.collect();
    screen.step(
        "starting 1 bootstrap node, 6 committee members in 3 regions, 1 volunteer, 3 simulated vendors",
    );
    let cluster = Cluster::start(dir, &plan, sims, binaries).await?;
    cluster.gathered().await?;
    screen.network(&cluster);
    let gathered_s = started.elapsed().as_secs();

    let id = submit(&cluster, open, arguments.deadlines).await?;
    screen.say(&format!(
        "\nJob {id} submitted through {}; suite: an illustration, not a study",
        cluster.nodes[0].plan.name
    ));
    let view = progress::follow(&cluster, &cluster.nodes[1], &id, screen, arguments.deadlines).await?;
    screen.sealed(&view);
    let outcome = Outcome::gather(&cluster, &id, &view, planted, (open, arguments.deadlines), screen).await?;
    let total_s = started.elapsed().as_secs();
    outcome.tell(screen);
    screen.say(&format!("\nDone in {total_s} s, of which {gathered_s} s until the network stood."));
    screen.next_steps(&cluster, arguments.keep, &outcome.content);
    let report = json!({
        "ok": true, "net": cluster.net, "job": id, "open_model": open, "dir": dir,
        "seconds": { "network": gathered_s, "total": total_s },
        "view": view, "outcome": outcome.json(), "nodes": addresses(&cluster),
    });
    Ok((cluster, report))
}

/// What each simulated vendor is made to answer differently.
fn planted() -> Result<Vec<(&'static str, Plant)>, DemoError> {
    let prepared = PLANTS
        .iter()
        .map(|(by, kind, topic, region)| Plant::new(topic, region, *kind).map(|plant| (*by, plant)));
    prepared.collect::<Result<_, _>>().map_err(|e| DemoError::Promise(e.to_string()))
}

/// The directory of this run, and the handle that removes it if it is a temporary one.
pub(crate) fn directory(named: Option<&Path>) -> Result<(PathBuf, Option<tempfile::TempDir>), DemoError> {
    let failed = |e: std::io::Error| DemoError::Files(format!("directory of the demo: {e}"));
    let Some(dir) = named else {
        let dir = tempfile::Builder::new().prefix("vantage-demo-").tempdir().map_err(failed)?;
        return Ok((dir.path().to_owned(), Some(dir)));
    };
    std::fs::create_dir_all(dir).map_err(failed)?;
    let dir = dir.canonicalize().map_err(failed)?;
    if std::fs::read_dir(&dir).map_err(failed)?.next().is_some() {
        return Err(DemoError::Files(format!("{}: not empty; name a new directory", dir.display())));
    }
    Ok((dir, None))
}

/// Orders the job by the node's own command line.
async fn submit(cluster: &Cluster, open: bool, deadlines: Deadlines) -> Result<String, DemoError> {
    let suite = cluster.dir.join("suite.toml");
    let study = cluster.dir.join("study.toml");
    for (file, text) in [(&suite, SUITE), (&study, STUDY)] {
        std::fs::write(file, text).map_err(|e| DemoError::Files(e.to_string()))?;
    }
    let data = cluster.nodes[0].data.to_string_lossy().into_owned();
    let (suite, study) = (suite.to_string_lossy().into_owned(), study.to_string_lossy().into_owned());
    let sims = SIMS.map(|(sim, _)| format!("{sim}={SIM_REPEATS}"));
    let mut arguments =
        vec!["job", "submit", &suite, "--data", &data, "--json", "--regions", "eu,us,ap", "--replicas", "2"];
    arguments.extend(["--plan", &study]);
    let times = deadlines.arguments();
    arguments.extend(times.iter().map(String::as_str));
    for sim in &sims {
        arguments.extend(["--target", sim.as_str()]);
    }
    if open {
        arguments.extend(["--target", OPEN]);
    }
    let answer = cluster::vantage(&cluster.binaries, &arguments).await?;
    let id = answer.get("id").and_then(Value::as_str);
    id.map(str::to_owned).ok_or_else(|| DemoError::Promise(format!("job submit answered {answer}")))
}

/// Name, id and addresses of every node.
fn addresses(cluster: &Cluster) -> Vec<Value> {
    cluster
        .nodes
        .iter()
        .map(|n| json!({ "name": n.plan.name, "node": n.id, "data": n.data, "listen": n.listen }))
        .collect()
}
