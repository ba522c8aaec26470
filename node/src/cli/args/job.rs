//! Arguments of `vantage job`.

use super::{DataArg, NodeArgs, examples};
use crate::cli::amount::{self, Seconds};
use crate::cli::exit::JOB_CODES;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use vantage_protocol::target::Target;

/// Commands about jobs.
#[derive(Debug, Subcommand)]
pub enum JobCommand {
    /// Submit a job
    Submit(Box<JobSubmitArgs>),
    /// List the jobs that this node follows, newest first
    #[command(after_help = examples::JOB_LIST)]
    List(NodeArgs),
    /// Show one job
    #[command(after_help = examples::JOB_SHOW)]
    Show(JobArgs),
    /// Follow one job until it is done
    #[command(after_help = examples::JOB_WATCH)]
    Watch(JobWatchArgs),
    /// Show what of a job can still be cancelled; with --stop-here, stop running it on this node
    Cancel(JobCancelArgs),
}

const SUBMIT_HELP: &str = "\
Examples:
  vantage job submit suite.toml --regions eu,us,ap --target open:smollm2-135m --watch
  vantage job submit suite.toml --regions eu,us --target openai/gpt-4.1-mini=3 --replicas 2 \\
      --plan study.toml --commit 10m --calls-max 200

--target NAME=REPEATS lets one executor ask each prompt REPEATS times. How its answers vary is the noise \
against which differences between regions are judged. Targets are open:<model>, openai/<model>, \
anthropic/<model>, gemini/<model>, compat:<name>/<model> and, in test networks, sim:openai, \
sim:anthropic and sim:gemini. A model behind an API is spelled as its vendor spells it, capitals \
included. Digits behind the last = are REPEATS: write =1 behind a name that ends in = and digits.

Each deadline counts from the one before: --commit from now, --reveal from the commit deadline, \
--final from the reveal deadline.
";

/// Arguments of `job submit`.
#[derive(Debug, Args)]
#[command(after_help = format!("{SUBMIT_HELP}\n{JOB_CODES}"))]
pub struct JobSubmitArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// The suite: prompts and how they are put, as TOML
    #[arg(value_name = "SUITE.toml")]
    pub suite: PathBuf,
    /// Regions to ask from, separated by commas
    #[arg(long, value_name = "REGION,…", required = true, value_delimiter = ',', value_parser = amount::name)]
    pub regions: Vec<String>,
    /// Target to ask, and how often one executor repeats each prompt; may be repeated
    #[arg(long = "target", value_name = "NAME[=REPEATS]", required = true, value_parser = amount::target)]
    pub targets: Vec<(Target, u32)>,
    /// Executors of different operators for each region and target
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = amount::some)]
    pub replicas: u32,
    /// The study plan: which contrasts are registered before there are answers, as TOML [default: none, and all that is found is
    /// a candidate]
    #[arg(long, value_name = "STUDY.toml")]
    pub plan: Option<PathBuf>,
    /// Time to answer and commit
    #[arg(long, value_name = "TIME", default_value = "120s", value_parser = amount::seconds)]
    pub commit: Seconds,
    /// Time to reveal after the commit deadline
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = amount::seconds)]
    pub reveal: Seconds,
    /// Time to finalise after the reveals
    #[arg(long = "final", value_name = "TIME", default_value = "30s", value_parser = amount::seconds)]
    pub last: Seconds,
    /// Most calls an executor may make for one slot, retries included [default: twice its cells, prompts times repeats]
    #[arg(long, value_name = "N", value_parser = amount::some)]
    pub calls_max: Option<u32>,
    /// Largest answer, bytes
    #[arg(long, value_name = "BYTES", default_value_t = 64 * 1024)]
    pub output_max: u64,
    /// Idempotency key: the same order under the same key is carried out once [default: a random key, printed if the
    /// answer is lost]
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// Follow the job until it is done
    #[arg(long)]
    pub watch: bool,
    /// Print JSON: one object, with --watch one a line
    #[arg(long)]
    pub json: bool,
}

/// A command about one job.
#[derive(Debug, Args)]
pub struct JobArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// Job id, or the beginning of one
    #[arg(value_name = "ID")]
    pub id: String,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `job watch`.
#[derive(Debug, Args)]
pub struct JobWatchArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// Job id, or the beginning of one
    #[arg(value_name = "ID")]
    pub id: String,
    /// Print JSON lines: the job, again each time it changes
    #[arg(long)]
    pub json: bool,
}

const CANCEL_HELP: &str = "\
Example:
  vantage job cancel 3f2a --stop-here

A job cannot be cancelled. Its assignment is public as soon as it is certified: an author who could cancel \
would first look at who will run it. Other nodes run their cells whatever this node says. --stop-here declines \
this node's slots that are not committed yet, and the log gives the reason. Committed slots are revealed as \
usual. Receipts of cells that were run stay on this node's disk.

Exit codes:
  0  with --stop-here: this node runs no more of the job
  1  not done: the job cannot be cancelled, is not known, or the node does not answer
  2  wrong usage";

/// Arguments of `job cancel`.
#[derive(Debug, Args)]
#[command(after_help = CANCEL_HELP)]
pub struct JobCancelArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// Job id, or the beginning of one
    #[arg(value_name = "ID")]
    pub id: String,
    /// Decline this node's slots that are not committed yet
    #[arg(long)]
    pub stop_here: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}
