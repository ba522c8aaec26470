//! The pure core of Vantage: everything two independent implementations must agree on.
//!
//! There is no I/O here, no clock, no random source, no thread: time and randomness come in as
//! arguments, and a test over the whole dependency closure proves it.

pub mod cid;
pub mod compare;
pub mod domain;
pub mod hash;
pub mod id;
pub mod keys;
pub mod log;
