//! `vantage-testnet vendor`

use clap::Args;
use serde_json::json;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use vantage_testnet::vendors::{SIM_KEY, SimConfig, endpoint, serve};

/// Options of the simulated vendor.
#[derive(Clone, Debug, Args)]
pub(crate) struct VendorArgs {
    /// Address to listen on; loopback only
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Chooses the phrasings
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print one JSON object once it listens
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(arguments: &VendorArgs) -> anyhow::Result<()> {
    let config = SimConfig { seed: arguments.seed, ..SimConfig::default() };
    let listener = TcpListener::bind(arguments.listen).await?;
    let address = listener.local_addr()?;
    let endpoints: BTreeMap<String, String> =
        config.regions.iter().map(|r| (r.clone(), endpoint(address, r))).collect();
    if arguments.json {
        println!("{}", json!({ "target": "sim:openai", "endpoints": endpoints, "key": SIM_KEY }));
    } else {
        println!("sim:openai, a simulated vendor; its test key is {SIM_KEY}");
        for (region, endpoint) in &endpoints {
            println!("  {region:3} {endpoint}");
        }
    }
    tokio::select! {
        served = serve(config, listener) => served?,
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(())
}
