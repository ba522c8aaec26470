//! The Vantage node: the shell around the pure core.
//!
//! `vantage_protocol::attester::Attester` decides; this crate turns the outside world into its inputs and carries out
//! its effects, in order, the durable ones first.

pub mod backup;
pub mod cli;
mod clock;
pub mod config;
pub mod control;
pub mod engine;
mod environment;
pub mod execution;
pub mod keys;
pub mod ledger;
pub mod lock;
mod logging;
pub mod metrics;
pub mod node;
pub mod places;
mod plain_file;
pub mod policy;
mod private_file;
mod run;
pub mod store;
#[cfg(test)]
mod testbed;
mod text_file;
pub mod upkeep;

pub use node::{Node, NodeError};
pub use run::{RunOptions, run};
