//! Benchmarks: ratios measured in one run, on whatever machine there is.
//!
//! A ratio of two things that took turns on the same machine says something on any machine; an absolute
//! time does not, and stands beside it for the reader alone. No figure ever fails a test. See
//! `docs/BENCHMARKS.md`.

mod answers;
mod cells;
mod figure;
mod four;
mod golem;
mod gossip;
mod idle;
mod latency;
mod logs;
mod machine;
mod merkle;
mod process;
mod publish;
mod sealed;
mod store;
mod table;
mod verify;

pub use figure::{Figure, Goal};
pub use machine::Machine;

use crate::cluster::{self, Binaries};
use clap::{Args, ValueEnum};
use sealed::Shape;
use serde::Serialize;
use std::time::{Duration, SystemTime};

/// Options of the benchmarks.
#[derive(Clone, Debug, Args)]
pub struct BenchArgs {
    /// Tiny sizes: shows that everything runs, says nothing about speed
    #[arg(long)]
    pub quick: bool,
    /// Measure these alone [default: all]
    #[arg(long, value_name = "NAME", value_enum)]
    pub only: Vec<Part>,
    /// Rounds of each measurement
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1000), default_value_t = 7)]
    pub rounds: u16,
    /// Print one JSON object
    #[arg(long, conflicts_with = "markdown")]
    pub json: bool,
    /// Print Markdown
    #[arg(long)]
    pub markdown: bool,
}

/// What can be measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Part {
    /// Verifying a job
    Verify,
    /// Building the log's tree
    Merkle,
    /// Durable statements
    Store,
    /// Publishing a picture of a node, by its past
    Publish,
    /// A job's latency in the simulator
    Latency,
    /// What a hostile gossip message costs
    Gossip,
    /// Memory and processor time of an idle node
    Idle,
    /// What a job costs a member, by its cells
    Cells,
    /// Answers by way of the Golem Network
    Golem,
}

/// What a run came to.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Format version, 1.
    pub v: u32,
    /// When, ISO 8601, UTC, to the minute.
    pub date: String,
    /// Tiny sizes: the figures say nothing.
    pub quick: bool,
    /// On what.
    pub machine: Machine,
    /// The figures.
    pub figures: Vec<Figure>,
}

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The programs could not be built.
    #[error(transparent)]
    Build(#[from] cluster::BuildError),
    /// A measurement did not come about.
    #[error("benchmark {}: {why}", .part.word())]
    Part {
        /// Which.
        part: Part,
        /// Why.
        why: String,
    },
    /// No directory to work in.
    #[error("temporary directory: {0}")]
    Dir(#[from] std::io::Error),
}

/// Measures, and tells on standard error what is being measured.
pub async fn measure(arguments: &BenchArgs) -> Result<Report, BenchError> {
    let mut machine = Machine::look();
    let wanted = |part: Part| arguments.only.is_empty() || arguments.only.contains(&part);
    let parts = Part::value_variants().iter().copied().filter(|part| wanted(*part));
    let mut binaries = None;
    let mut figures = Vec::new();
    for part in parts {
        let began = SystemTime::now();
        if part.needs_programs() && binaries.is_none() {
            eprintln!("building the programs");
            binaries = Some(programs()?);
        }
        eprintln!("measuring {}", part.word());
        let found = one(part, arguments, binaries.as_ref()).await;
        figures.extend(found.map_err(|why| BenchError::Part { part, why })?);
        eprintln!("    took {:.1} s", began.elapsed().unwrap_or_default().as_secs_f64());
    }
    machine.finished();
    Ok(Report { v: 1, date: now(), quick: arguments.quick, machine, figures })
}

async fn one(part: Part, arguments: &BenchArgs, binaries: Option<&Binaries>) -> Result<Vec<Figure>, String> {
    let (quick, rounds) = (arguments.quick, usize::from(arguments.rounds));
    let dir =
        tempfile::Builder::new().prefix("vantage-bench-").tempdir().map_err(|error| error.to_string())?;
    let programs = || binaries.ok_or_else(|| "the programs are not built".to_owned());
    match part {
        Part::Verify => verify::measure(if quick { Shape::QUICK } else { Shape::FULL }, rounds),
        Part::Merkle => merkle::measure(if quick { 1000 } else { 1_000_000 }, rounds),
        Part::Store => {
            let statements = if quick { 4 } else { 200 };
            store::measure(programs()?, dir.path(), statements, rounds).await
        }
        Part::Publish if quick => publish::measure(programs()?, dir.path(), 20, 3, rounds).await,
        Part::Publish => publish::measure(programs()?, dir.path(), 10_000, 50, rounds).await,
        Part::Latency => latency::measure(rounds),
        Part::Gossip if quick => gossip::measure(20, 20, rounds),
        Part::Gossip => gossip::measure(1000, 5000, rounds),
        Part::Idle => idle::measure(programs()?, dir.path(), Watch::of(quick)).await,
        Part::Cells if quick => cells::measure(programs()?, dir.path(), 8, 1).await,
        Part::Cells => cells::measure(programs()?, dir.path(), 500, rounds).await,
        Part::Golem => {
            let tasks: &[u32] = if quick { &[1] } else { &[1, 10, 100] };
            golem::measure(programs()?, dir.path(), tasks, rounds).await
        }
    }
}

/// How long an idle network is left to settle, and then watched.
#[derive(Clone, Copy, Debug)]
struct Watch {
    settle: Duration,
    watch: Duration,
}

impl Watch {
    fn of(quick: bool) -> Self {
        let s = |s| Duration::from_secs(s);
        if quick { Self { settle: s(0), watch: s(1) } } else { Self { settle: s(20), watch: s(60) } }
    }
}

impl Part {
    /// Its name on the command line.
    fn word(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn needs_programs(self) -> bool {
        matches!(self, Part::Store | Part::Publish | Part::Idle | Part::Cells | Part::Golem)
    }
}

/// Programs in the profile that this one was built in: a release measures releases.
fn programs() -> Result<Binaries, cluster::BuildError> {
    if cfg!(debug_assertions) { cluster::build() } else { cluster::build_release() }
}

/// The time of day by the system's own tool: no calendar of ours for one line.
fn now() -> String {
    let said = std::process::Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M"]).output();
    said.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
