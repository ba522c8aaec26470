//! Arguments of `vantage golem`.

use super::DataArg;
use crate::cli::amount::{self, Seconds};
use crate::cli::exit::PLAIN_CODES;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Commands about the Golem Network.
#[derive(Debug, Subcommand)]
pub enum GolemCommand {
    /// List the providers that answer the demand of [golem], with prices, and say whom the node would hire
    Offers(GolemOffersArgs),
}

const OFFERS_HELP: &str = "\
Examples:
  vantage golem offers
  vantage golem offers --wait 1m --json

A demand is published through the daemon that [golem] names, and taken back at the end. Nothing is signed, and
nothing is paid. What providers say of themselves is their word.
";

/// Arguments of `golem offers`.
#[derive(Debug, Args)]
#[command(after_help = format!("{OFFERS_HELP}\n{PLAIN_CODES}"))]
pub struct GolemOffersArgs {
    #[command(flatten)]
    pub data: DataArg,
    /// How long offers are gathered
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
