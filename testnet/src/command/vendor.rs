//! `vantage-testnet vendor`

use clap::{Args, ValueEnum};
use serde_json::json;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use vantage_protocol::target::Dialect;
use vantage_testnet::vendors::{Fault, SIM_KEY, SimConfig, SimVendor, endpoint};

/// Options of a simulated vendor.
#[derive(Clone, Debug, Args)]
pub(crate) struct VendorArgs {
    /// Whose wire format to speak
    #[arg(value_enum, default_value_t = Format::Openai)]
    format: Format,
    /// Address to listen on; loopback only
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Chooses the phrasings
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A model that exists; may be repeated [default: every name is taken]
    #[arg(long = "model", value_name = "NAME")]
    models: Vec<String>,
    /// Let the first calls end in a fault each, in this order; may be repeated
    #[arg(long = "fault", value_enum, value_name = "FAULT")]
    faults: Vec<Planned>,
    /// Print one JSON object once it listens
    #[arg(long)]
    json: bool,
}

/// The wire formats there are.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Openai,
    Anthropic,
    Gemini,
}

/// The faults that can be ordered by name.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Planned {
    RateLimited,
    Overloaded,
    ServerError,
    QuotaUsedUp,
    ModelRetired,
    PlaceNotSupported,
    ContentFilter,
    Blocked,
    Refusal,
    InParts,
}

pub(crate) async fn run(arguments: &VendorArgs) -> anyhow::Result<()> {
    let config = SimConfig {
        dialect: arguments.format.dialect(),
        seed: arguments.seed,
        models: arguments.models.clone(),
        ..SimConfig::default()
    };
    let regions = config.regions.clone();
    let listener = TcpListener::bind(arguments.listen).await?;
    let address = listener.local_addr()?;
    let vendor = SimVendor::start_on(config, listener)?;
    for fault in &arguments.faults {
        vendor.inject(fault.fault(), 1);
    }
    let endpoints: BTreeMap<String, String> =
        regions.iter().map(|region| (region.clone(), endpoint(address, region))).collect();
    let target = vendor.target();
    if arguments.json {
        println!("{}", json!({ "target": target, "endpoints": endpoints, "key": SIM_KEY }));
    } else {
        println!("{target}, a simulated vendor; its test key is {SIM_KEY}");
        for (region, endpoint) in &endpoints {
            println!("  {region:3} {endpoint}");
        }
    }
    tokio::signal::ctrl_c().await?;
    vendor.shutdown().await?;
    Ok(())
}

impl Format {
    fn dialect(self) -> Dialect {
        match self {
            Format::Openai => Dialect::OpenAi,
            Format::Anthropic => Dialect::Anthropic,
            Format::Gemini => Dialect::Gemini,
        }
    }
}

impl Planned {
    fn fault(self) -> Fault {
        match self {
            Planned::RateLimited => Fault::RateLimited { retry_after: Some("0".to_owned()) },
            Planned::Overloaded => Fault::Overloaded,
            Planned::ServerError => Fault::Status(500),
            Planned::QuotaUsedUp => Fault::InsufficientQuota,
            Planned::ModelRetired => Fault::ModelRetired,
            Planned::PlaceNotSupported => Fault::PlaceNotSupported,
            Planned::ContentFilter => Fault::ContentFilter,
            Planned::Blocked => Fault::Blocked,
            Planned::Refusal => Fault::Refusal,
            Planned::InParts => Fault::InParts,
        }
    }
}
