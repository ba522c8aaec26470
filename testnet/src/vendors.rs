//! Simulated vendors: servers that speak a real vendor's wire format and say in every answer that they are simulated.
//!
//! They exist so that a demo and the tests need no account, and so that a difference between regions can be planted
//! whose size is known beforehand. Nothing of them is a statement about a real vendor. Topics, answers, plants and
//! faults are the same for all; they differ in their wire format alone.

mod answer;
mod calls;
mod fault;
mod plant;
mod routes;
mod server;
mod topics;
mod wire;

pub use calls::RecordedRequest;
pub use fault::{EchoPlace, Fault};
pub use plant::{Plant, PlantError, PlantKind};
pub use server::{SIM_KEY, SimConfig, SimError, SimVendor, endpoint};
