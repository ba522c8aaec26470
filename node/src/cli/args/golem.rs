//! Arguments of `vantage golem`.

use super::DataArg;
use crate::cli::amount::{self, Seconds};
use crate::cli::exit::PLAIN_CODES;
use clap::{Args, Subcommand};

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
