//! A bed for tests against the real Golem: two `yagna` daemons of its stock release, with a real market between
//! them, on loopback alone.
//!
//! ```no_run
//! # async fn example() -> Result<(), vantage_golem_bed::BedError> {
//! let yagna = vantage_golem_bed::Yagna::install()?;
//! let pair = vantage_golem_bed::YagnaPair::start(&yagna, &Default::default()).await?;
//! println!("{} with the key {}", pair.requestor.api_url(), pair.requestor.app_key());
//! # Ok(())
//! # }
//! ```
//!
//! Nothing here is part of a node, and nothing here can be reached from a node's configuration. Starting the daemon
//! means accepting Golem's terms of use, as its own `--help` says.

mod bus;
mod cache;
mod chain;
mod daemon;
mod error;
pub mod image;
mod install;
mod landmark;
mod moment;
mod pair;
mod port;
mod process;
pub mod provider;
mod rest;

pub use chain::{Anvil, Chain};
pub use daemon::Daemon;
pub use error::{BedError, NotReady};
pub use install::Yagna;
pub use landmark::LandmarkServer;
pub use pair::{PairOptions, YagnaPair};
pub use provider::{Faults, Prices, ProviderOptions, SimProvider};
