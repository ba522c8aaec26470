//! Tests over the whole of Vantage: bounded models of the protocol's rules, wire vectors, and checks on the sources themselves.
//!
//! The crate is a library so that a test and the command that explains it share one implementation:
//! `cargo run --release -p vantage-tests --example models` prints what the test `models` asserts.

pub mod models;
pub mod vectors;
