//! Arguments of `vantage target`.

use super::{DataArg, NodeArgs};
use crate::cli::amount;
use crate::cli::exit::PLAIN_CODES;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use vantage_protocol::target::Target;

/// Commands about targets that are APIs.
#[derive(Debug, Subcommand)]
pub enum TargetCommand {
    /// Make one real call, and show its cost, model id, request id and headers as a receipt would have them
    Probe(TargetProbeArgs),
    /// List the vendors that are set up: endpoints, offered models, prices, budgets
    List(NodeArgs),
}

const PROBE_HELP: &str = "\
Examples:
  vantage target probe openai/gpt-4.1-mini --region eu
  vantage target probe anthropic/claude-haiku-4-5 --region us --yes --json
  vantage target probe compat:lab/Qwen/Qwen2.5-7B-Instruct --suite suite.toml

The call is made with the key and the endpoint of the configuration. It asks for one word, with no temperature
and no seed, which every model takes. With --suite it is the call that a job over that suite begins with, byte
for byte: the suite's first prompt, limit of tokens, temperature and seed.
It is paid from the node's ledger, where it counts against the budgets of the day, and so needs the data
directory for itself: stop the node first. What it may cost at most is shown before it is sent.
";

/// Arguments of `target probe`.
#[derive(Debug, Args)]
#[command(after_help = format!("{PROBE_HELP}\n{PLAIN_CODES}"))]
pub struct TargetProbeArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// What to call
    #[arg(value_name = "TARGET")]
    pub target: Target,
    /// Region whose endpoint is called [default: the configuration's]
    #[arg(long, value_name = "REGION", value_parser = amount::name)]
    pub region: Option<String>,
    /// Ask the first prompt of this suite, as the suite puts it [default: one word, without temperature and seed]
    #[arg(long, value_name = "SUITE.toml")]
    pub suite: Option<PathBuf>,
    /// Send the call without asking
    #[arg(long)]
    pub yes: bool,
    /// Print one JSON object; needs --yes
    #[arg(long, requires = "yes")]
    pub json: bool,
}
