//! Arguments of `vantage suite`.

use super::{DataArg, examples};
use crate::cli::amount::{self, Seconds};
use crate::cli::exit::PLAIN_CODES;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use vantage_protocol::target::Target;

/// Commands about suites.
#[derive(Debug, Subcommand)]
pub enum SuiteCommand {
    /// Check a suite and show what it holds
    #[command(after_help = examples::SUITE_CHECK)]
    Check(SuiteCheckArgs),
    /// Estimate cells, calls, tokens, cost and time of a job before you submit it
    Plan(Box<SuitePlanArgs>),
}

/// Arguments of `suite check`.
#[derive(Debug, Args)]
pub struct SuiteCheckArgs {
    /// The suite, TOML
    #[arg(value_name = "SUITE.toml")]
    pub suite: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

const PLAN_HELP: &str = "\
Examples:
  vantage suite plan suite.toml --regions eu,us --target openai/gpt-4.1-mini=3
  vantage suite plan suite.toml --regions eu,us --target openai/gpt-4.1-mini=2 --replicas 6 --offline --plan study.toml --effect 10
  vantage suite plan suite.toml --regions eu,us --target openai/gpt-4.1-mini --offline --price openai/gpt-4.1-mini=400

With a running node, executors and prices come from the nodes' announces. Costs are those of the announced \
calls; the vendor's bill lies between least and most. Worst case: every call that the job allows is made, \
every answer has the suite's longest length, and every byte of a prompt is a token.
";

/// Arguments of `suite plan`.
#[derive(Debug, Args)]
#[command(after_help = format!("{PLAN_HELP}\n{PLAIN_CODES}"))]
pub struct SuitePlanArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// The suite, TOML
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
    /// The study plan: prints what its contrasts take to be shown nine times of ten, by simulation
    #[arg(long, value_name = "STUDY.toml")]
    pub plan: Option<PathBuf>,
    /// Difference of rates to plan for, points
    #[arg(long, value_name = "POINTS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub effect: u32,
    /// The rate on the first side to plan with, percent
    #[arg(long, value_name = "PERCENT", default_value_t = 15, value_parser = clap::value_parser!(u32).range(0..=99))]
    pub base: u32,
    /// Whether other operators stand on the second side [default: the same ones]
    #[arg(long)]
    pub nested: bool,
    /// Most calls an executor may make for one slot [default: twice its cells]
    #[arg(long, value_name = "N", value_parser = amount::some)]
    pub calls_max: Option<u32>,
    /// Time to answer and commit, as for `job submit`. Warns if the deadline looks too short
    #[arg(long, value_name = "TIME", default_value = "120s", value_parser = amount::seconds)]
    pub commit: Seconds,
    /// Do not ask the running node which executors there are
    #[arg(long)]
    pub offline: bool,
    /// Price of one call in millionths of a US dollar, where no executor announces one; may be repeated
    #[arg(long = "price", value_name = "NAME=MICROUSD", value_parser = amount::price)]
    pub prices: Vec<(Target, u64)>,
    /// Time that one call takes [default: 5s for an API, 20s for an open model; guesses]
    #[arg(long = "call-time", value_name = "TIME", value_parser = amount::seconds)]
    pub call: Option<Seconds>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}
