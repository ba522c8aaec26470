//! The node's configuration: [`raw`] is what the operator writes, [`checked`] what a node runs with.
//!
//! ```toml
//! genesis = "genesis.toml"            # relative paths begin at this file
//! region = "eu"                       # a member's is in the genesis and may be left out
//!
//! [net]
//! listen = ["/ip4/0.0.0.0/tcp/4701", "/ip4/0.0.0.0/udp/4701/quic-v1"]
//! bootstrap = ["/dns4/entry.example/tcp/4700/p2p/12D3KooW…"]
//!
//! [offers]
//! targets = [{ target = "open:smollm2-135m" }, { target = "openai/gpt-4.1-mini", call_microusd = 400 }]
//! slots_max = 8
//!
//! [[vendor]]
//! target = "openai"
//! key = { env = "OPENAI_API_KEY" }
//! endpoints = { eu = "https://eu.api.openai.com" }
//! calls_max_per_job = 200
//! microusd_max_per_day = 2_000_000
//! ```

pub mod checked;
pub(crate) mod error;
pub mod golem;
pub mod metrics;
pub mod net;
pub mod offers;
pub mod policy;
pub mod raw;
mod suggest;
pub mod upkeep;

pub use checked::{Budget, Config, Execution, Net, RunnerCommand};
pub use error::ConfigError;
pub use golem::Golem;
pub use offers::Offers;

/// Name of the configuration in a data directory.
pub const FILE: &str = "config.toml";
/// Environment variable that names the directory of models where the configuration does not.
pub const MODELS_VAR: &str = "VANTAGE_MODELS";

#[cfg(test)]
mod tests;
