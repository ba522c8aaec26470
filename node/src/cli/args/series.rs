//! Arguments of `vantage series`.

use super::DataArg;
use crate::cli::exit::SERIES_CODES;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Commands about series of jobs.
#[derive(Debug, Subcommand)]
pub enum SeriesCommand {
    /// Show how a series stands: what each line's evidence has grown to, job by job
    Show(SeriesShowArgs),
}

const SHOW_HELP: &str = "\
Examples:
  vantage series show week-*.car --genesis genesis.toml
  vantage series show week-*.car --genesis 9d3c… --html drift.html
  vantage series show 3f2a                          from the running node, back to the first job
  vantage series show 3f2a --json

Every bundle is verified first, as by `vantage verify`; only SEALED jobs are multiplied, and evidence that is INVALID \
stops everything. The files may come in any order: each job names the one before it. With a job, the node's own bundles are \
read back from it. A job that is missing is a gap, and a gap voids the product from there on.

A line alarms where its product reaches 20 times the number of lines. docs/COMPARE.md shows a plan with a series.
";

/// Arguments of `series show`.
#[derive(Debug, Args)]
#[command(after_help = format!("{SHOW_HELP}\n{SERIES_CODES}"))]
pub struct SeriesShowArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// Bundle files (CAR); or one job of the running node, by its id or the beginning of one
    #[arg(value_name = "FILE|JOB", required = true, num_args = 1..)]
    pub sources: Vec<String>,
    /// The network that you trust: its genesis file, or its hash [default: with a job, the node's own]
    #[arg(long, value_name = "FILE|HASH", env = "VANTAGE_GENESIS", hide_env_values = true)]
    pub genesis: Option<String>,
    /// Write a page with a plot to this file; nothing is overwritten
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Print one JSON object for each series
    #[arg(long)]
    pub json: bool,
}
