//! Arguments of `vantage backup`, `restore`, `move` and `prune`.

use super::DataArg;
use crate::cli::exit::PLAIN_CODES;
use clap::Args;
use std::path::PathBuf;

const BACKUP_HELP: &str = "\
Examples:
  vantage backup --out node.backup                 the running node's, or a stopped one's
  vantage backup --out node.backup --with-root-key

A backup holds keys, configuration, log and blocks as of one moment, each with its hash. A restored node \
signs nothing until enough members have told it how long its log is.
";

/// Arguments of `backup`.
#[derive(Debug, Args)]
#[command(after_help = format!("{BACKUP_HELP}\n{PLAIN_CODES}"))]
pub struct BackupArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// File to write; nothing is overwritten
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Include root.key; whoever holds it can speak as this node for ever
    #[arg(long)]
    pub with_root_key: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

const RESTORE_HELP: &str = "\
Example:
  vantage restore node.backup --data ./node

Use this only when the node's directory is lost: an older copy of a living node's directory is unsafe. \
To move a node, use `vantage move`.
";

/// Arguments of `restore`.
#[derive(Debug, Args)]
#[command(after_help = format!("{RESTORE_HELP}\n{PLAIN_CODES}"))]
pub struct RestoreArgs {
    /// The backup
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub data: DataArg,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

const MOVE_HELP: &str = "\
Example:
  vantage stop && vantage move --to /mnt/disk2/vantage

The node must be stopped. Its old directory is retired for good: no node ever starts in it again. If \
the move is interrupted, the same command finishes it.
";

/// Arguments of `move`.
#[derive(Debug, Args)]
#[command(after_help = format!("{MOVE_HELP}\n{PLAIN_CODES}"))]
pub struct MoveArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// The new data directory; it must not exist, or be empty
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

const PRUNE_HELP: &str = "\
Examples:
  vantage prune --dry-run       show what [keep] in the configuration would delete
  vantage prune

The running node prunes, and also does so once a day. It never deletes leaves, salts, cosignature \
records, jobs submitted here, or jobs with a finding.
";

/// Arguments of `prune`.
#[derive(Debug, Args)]
#[command(after_help = format!("{PRUNE_HELP}\n{PLAIN_CODES}"))]
pub struct PruneArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// Show what would be deleted, and delete nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}
