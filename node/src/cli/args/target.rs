//! Arguments of `vantage target`.

use super::{DataArg, NodeArgs, examples};
use crate::cli::amount;
use crate::cli::exit::PLAIN_CODES;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use vantage_protocol::target::Target;

/// Commands about targets that are APIs.
#[derive(Debug, Subcommand)]
pub enum TargetCommand {
    /// Make one real call and show its cost, model id, request id and headers, as a receipt records them
    Probe(TargetProbeArgs),
    /// List configured vendors with endpoints, offered models, prices and budgets
    #[command(after_help = examples::TARGET_LIST)]
    List(NodeArgs),
}

const PROBE_HELP: &str = "\
Examples:
  vantage target probe openai/gpt-4.1-mini --region eu
  vantage target probe anthropic/claude-haiku-4-5 --region us --yes --json
  vantage target probe compat:lab/Qwen/Qwen2.5-7B-Instruct --suite suite.toml

The call uses the configured key and endpoint. It asks for one word, without temperature and seed, which every \
model accepts. With --suite it sends, byte for byte, the first call of a job over that suite: its first prompt, \
token limit, temperature and seed. \
The call counts against today's budgets in the node's ledger, so stop the node first. The highest possible cost \
is shown before the call is sent.
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
    /// Send the first prompt of this suite with its settings [default: one word, without temperature and seed]
    #[arg(long, value_name = "SUITE.toml")]
    pub suite: Option<PathBuf>,
    /// Send the call without confirmation
    #[arg(long)]
    pub yes: bool,
    /// Print one JSON object; needs --yes
    #[arg(long, requires = "yes")]
    pub json: bool,
}
