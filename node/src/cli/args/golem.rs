//! Arguments of `vantage golem`.

use super::DataArg;
use crate::cli::amount::{self, Seconds};
use crate::cli::exit::PLAIN_CODES;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Commands about the Golem Network.
#[derive(Debug, Subcommand)]
pub enum GolemCommand {
    /// List the providers that match [golem], with prices, and whether the node would hire them
    Offers(GolemOffersArgs),
}

const OFFERS_HELP: &str = "\
Examples:
  vantage golem offers
  vantage golem offers --wait 1m --json

Publishes a demand through the daemon named in [golem], and withdraws it at the end. Nothing is signed or paid. \
Providers' statements about themselves are unverified.
";

/// Arguments of `golem offers`.
#[derive(Debug, Args)]
#[command(after_help = format!("{OFFERS_HELP}\n{PLAIN_CODES}"))]
pub struct GolemOffersArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// How long to wait for offers
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = amount::seconds)]
    pub wait: Seconds,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `bench-golem`: always JSON. The app-key comes from YAGNA_APPKEY.
#[derive(Debug, Args)]
pub struct BenchGolemArgs {
    /// Address of the daemon
    #[arg(long, value_name = "URL")]
    pub daemon: String,
    /// Runtime of the providers
    #[arg(long, value_name = "NAME", default_value = vantage_golem::RUNTIME_VM)]
    pub runtime: String,
    /// Payment platform, of a test network
    #[arg(long)]
    pub platform: String,
    /// Part of the market
    #[arg(long)]
    pub subnet: String,
    /// Where the task image is
    #[arg(long, value_name = "URL")]
    pub image_url: String,
    /// Its SHA3-224
    #[arg(long, value_name = "HEX")]
    pub image_sha3_224: String,
    /// Directory of models
    #[arg(long, value_name = "DIR")]
    pub models: PathBuf,
    /// The model, here and in the image
    #[arg(long, default_value = "smollm2-135m")]
    pub model: String,
    /// Questions under one agreement
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub tasks: u32,
    /// Rounds
    #[arg(long, default_value_t = 3)]
    pub rounds: u32,
}
