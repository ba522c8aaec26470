//! The pure core of Vantage: everything two independent implementations must agree on.
//!
//! There is no I/O here, no clock, no random source, no thread: time and randomness come in as
//! arguments, and a test over the whole dependency closure proves it.

mod acknowledged;
pub mod announce;
pub mod assignment;
pub mod attester;
pub mod bundle;
pub mod cid;
pub mod compare;
pub mod content;
pub mod domain;
pub mod finish;
pub mod genesis;
pub mod hash;
pub mod id;
pub mod job;
pub mod keys;
pub mod keyset;
pub mod leaf;
mod leaf_ref;
pub mod log;
pub mod memo;
pub mod message;
pub mod moment;
pub mod params;
pub mod proof;
pub mod receipt;
pub mod request;
#[cfg(feature = "schema")]
mod schema;
pub mod series;
pub mod statement;
pub mod study;
pub mod suite;
pub mod target;
pub mod wire;
