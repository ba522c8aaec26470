//! Arguments of the commands that look into a node: `doctor`, `peers`, `log`, `proof`, `man`.

use super::DataArg;
use crate::cli::exit::PLAIN_CODES;
use clap::{Args, Subcommand};
use std::path::PathBuf;

const DOCTOR_HELP: &str = "\
Examples:
  vantage doctor
  vantage doctor --quick --json        models are not hashed

Checks the data directory, keys, configuration, genesis, clock, disk, file descriptors, store, models and \
API keys, and, if the node runs, at its listeners, peers, quorum and log. It changes nothing, shows no secret \
and calls no API. OK: fine. WARN: worth a look. FAIL: keeps the node from working. SKIP: could not be checked.

Exit codes:
  0  no FAIL
  1  at least one FAIL
  2  wrong usage";

/// Arguments of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = DOCTOR_HELP)]
pub struct DoctorArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// Do not hash the models again
    #[arg(long)]
    pub quick: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `peers`.
#[derive(Debug, Args)]
pub struct PeersArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// List all known nodes with their offers, connected or not
    #[arg(long)]
    pub known: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

const LOG_HELP: &str = "\
Examples:
  vantage log                          the latest leaves of this node's own log
  vantage log 3f2a --from 0            another node's, from its beginning
  vantage log --from 12 --count 1 --json

A leaf counts once it is certified, that is, once a quorum has cosigned a head over it.
";

/// Arguments of `log`.
#[derive(Debug, Args)]
#[command(after_help = format!("{LOG_HELP}\n{PLAIN_CODES}"))]
pub struct LogArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// Node id, or the beginning of one [default: this node]
    #[arg(value_name = "NODE")]
    pub node: Option<String>,
    /// Index of the first leaf [default: the latest leaves]
    #[arg(long, value_name = "INDEX")]
    pub from: Option<u64>,
    /// How many leaves at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub count: u32,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

const PROOF_HELP: &str = "\
Examples:
  vantage proof 3f2a:12 --out 12.tlog-proof --policy committee.policy
  vantage proof 004279 --out job.tlog-proof
  vantage proof check 12.tlog-proof --policy committee.policy --genesis genesis.toml

The proof is a standard c2sp.org/tlog-proof whose `extra` line holds the statement's bytes. The policy is a \
standard c2sp.org/tlog-policy with the log's key and the committee's witness keys; its comments hold the \
keysets that bind these keys to the genesis.
";

/// Arguments of `proof`.
#[derive(Debug, Args)]
#[command(after_help = format!("{PROOF_HELP}\n{PLAIN_CODES}"), args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct ProofArgs {
    #[command(subcommand)]
    pub command: Option<ProofCommand>,
    #[command(flatten)]
    pub data: DataArg,
    /// A leaf (node id, or its beginning, a colon and an index), or a job id or its beginning
    #[arg(value_name = "NODE:INDEX|JOB", required = true)]
    pub what: Option<String>,
    /// File to write the proof to; nothing is overwritten [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// File for the keys to check the proof with; nothing is overwritten
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Commands about proofs.
#[derive(Debug, Subcommand)]
pub enum ProofCommand {
    /// Check a proof offline: keys against the genesis, cosignatures, and the statement's place in the log
    Check(ProofCheckArgs),
}

const CHECK_HELP: &str = "\
Example:
  vantage proof check 12.tlog-proof --policy committee.policy --genesis genesis.toml

A proof or a policy in which a byte was changed is refused like one that was cut: what was signed says nothing \
of it. 5 is said of files that are whole.

Exit codes:
  0  the statement is in the log, under a head that a quorum of the committee cosigned
  1  a file cannot be read
  2  wrong usage, or the genesis, proof or policy file is damaged, incomplete or not valid: nothing was judged
  5  proof and policy are whole, and contradict the genesis: another network, another log, other keys, another quorum";

/// Arguments of `proof check`.
#[derive(Debug, Args)]
#[command(after_help = CHECK_HELP)]
pub struct ProofCheckArgs {
    /// The proof
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The keys, as `vantage proof --policy` wrote them; they are checked against the genesis
    #[arg(long, value_name = "FILE")]
    pub policy: PathBuf,
    /// The network's genesis file: all you have to trust
    #[arg(long, value_name = "FILE", env = "VANTAGE_GENESIS", hide_env_values = true)]
    pub genesis: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

const MAN_HELP: &str = "\
Examples:
  vantage man | man -l -
  vantage man job submit | man -l -
  vantage man --out /usr/local/share/man/man1
";

/// Arguments of `man`.
#[derive(Debug, Args)]
#[command(after_help = format!("{MAN_HELP}\n{PLAIN_CODES}"))]
pub struct ManArgs {
    /// Page of this command [default: of the program]
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
    /// Write the pages of all commands to this directory instead
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub out: Option<PathBuf>,
}
