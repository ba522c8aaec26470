//! The program `vantage`: the command line, and a node put together from its parts.

pub mod cli;
mod logging;
pub mod node;
pub mod places;
mod run;
mod socket;
#[cfg(test)]
mod testbed;

pub use node::{Node, NodeError};
pub use run::{RunOptions, run};
