//! The Vantage node: the shell around the pure core.
//!
//! `vantage_protocol::attester::Attester` decides; this crate turns the outside world into its inputs and carries out
//! its effects, in order, the durable ones first.

pub mod cli;
mod clock;
pub mod config;
pub mod control;
pub mod engine;
pub mod execution;
pub mod keys;
pub mod lock;
pub mod metrics;
pub mod node;
mod private_file;
pub mod report;
mod run;
pub mod store;
#[cfg(test)]
mod testbed;

pub use node::{Node, NodeError};
pub use run::{RunOptions, run};
