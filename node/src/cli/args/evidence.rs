//! Arguments of `vantage verify` and `vantage bundle`.

use super::{DataArg, examples};
use crate::cli::amount::{self, Seconds};
use crate::cli::exit::{PLAIN_CODES, VERDICT_CODES};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;
use vantage_net::Multiaddr;

const VERIFY_HELP: &str = "\
Examples:
  vantage verify bundle.car --genesis genesis.toml
  vantage verify bundle.car --genesis 9d3c… (the network's hash, 64 hex digits)
  vantage verify bafyrei… --genesis 9d3c… --peer /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…

The genesis, or its hash, is all you have to trust: get it through a channel you trust. A file is checked \
without network access. A content id is fetched from the peers you name; you need not trust them, since \
what they send is checked. SEALED says that a quorum holds the same set of statements, never that the \
statements are true.
";

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(after_help = format!("{VERIFY_HELP}\n{VERDICT_CODES}"))]
pub struct VerifyArgs {
    /// A bundle file (CAR), or a content id to fetch
    #[arg(value_name = "FILE|CID")]
    pub source: String,
    /// The network that you trust: its genesis file, or its hash (64 hex digits)
    #[arg(long, value_name = "FILE|HASH", env = "VANTAGE_GENESIS", hide_env_values = true)]
    pub genesis: Option<String>,
    #[command(flatten)]
    pub peers: PeerArgs,
    /// Show the whole comparison with its word diffs
    #[arg(long)]
    pub report: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

const REPORT_HELP: &str = "\
Examples:
  vantage report bundle.car --genesis genesis.toml --out report.html
  vantage report bundle.car --genesis 9d3c… --format md > report.md
  vantage report bafyrei… --genesis 9d3c… --peer /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW… --format json

The evidence is verified first, as by `vantage verify`, and the report begins with the verdict. For INVALID \
evidence the report holds the verdict alone. An HTML report is one file without scripts. Equal evidence gives \
equal bytes.
";

/// Arguments of `report`.
#[derive(Debug, Args)]
#[command(after_help = format!("{REPORT_HELP}\n{VERDICT_CODES}"))]
pub struct ReportArgs {
    /// A bundle file (CAR), or a content id to fetch
    #[arg(value_name = "FILE|CID")]
    pub source: String,
    /// The network that you trust: its genesis file, or its hash (64 hex digits)
    #[arg(long, value_name = "FILE|HASH", env = "VANTAGE_GENESIS", hide_env_values = true)]
    pub genesis: Option<String>,
    #[command(flatten)]
    pub peers: PeerArgs,
    /// What to write
    #[arg(long, value_enum, default_value_t = ReportFormat::Html)]
    pub format: ReportFormat,
    /// File to write instead of standard output; nothing is overwritten
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// With --out: print what was written as one JSON object
    #[arg(long, requires = "out")]
    pub json: bool,
}

/// Formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// Markdown
    Md,
    /// One HTML file without scripts
    Html,
    /// One JSON object: the verdict, and the comparison as it is hashed
    Json,
}

/// Where to fetch from.
#[derive(Debug, Clone, Args)]
pub struct PeerArgs {
    /// A peer to fetch from; may be repeated
    #[arg(long = "peer", value_name = "MULTIADDR")]
    pub peers: Vec<Multiaddr>,
    /// Time limit for fetching
    #[arg(long = "net-timeout", value_name = "TIME", default_value = "60s", value_parser = amount::seconds)]
    pub timeout: Seconds,
}

/// Commands about bundles.
#[derive(Debug, Subcommand)]
pub enum BundleCommand {
    /// Write a job's evidence to one file (CAR) that anyone can verify
    Export(BundleExportArgs),
    /// Verify a bundle file, store its blocks and serve them
    #[command(after_help = examples::BUNDLE_IMPORT)]
    Import(BundleImportArgs),
}

const EXPORT_HELP: &str = "\
Examples:
  vantage bundle export 3f2a --out job.car                          from the running node
  vantage bundle export bafyrei… --genesis 9d3c… --peer /ip4/… --out job.car   from any peer
";

/// Arguments of `bundle export`.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXPORT_HELP}\n{PLAIN_CODES}"))]
pub struct BundleExportArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// Job id (or the beginning of one), or content id
    #[arg(value_name = "JOB|CID")]
    pub what: String,
    /// File to write; nothing is overwritten
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// With --peer: the network's genesis file, or its hash
    #[arg(long, value_name = "FILE|HASH", env = "VANTAGE_GENESIS", hide_env_values = true)]
    pub genesis: Option<String>,
    #[command(flatten)]
    pub peers: PeerArgs,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `bundle import`.
#[derive(Debug, Args)]
pub struct BundleImportArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// The bundle file (CAR)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}
