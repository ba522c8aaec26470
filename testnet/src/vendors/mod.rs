//! Simulated vendors: servers that speak a real vendor's wire format and say in every answer that they are simulated.
//!
//! They exist so that a demo and the tests need no account, and so that a difference between regions can be planted
//! whose size is known beforehand. Nothing of them is a statement about a real vendor.

mod answer;
mod fault;
pub mod openai;
mod plant;
mod topics;

pub use fault::{EchoPlace, Fault};
pub use openai::{SIM_KEY, SimConfig, SimError, SimOpenAi, endpoint, serve};
pub use plant::{Plant, PlantError};
