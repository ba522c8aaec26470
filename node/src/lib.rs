//! The Vantage node: the shell around the pure core.
//!
//! `vantage_protocol::attester::Attester` decides; this crate turns the outside world into its inputs and carries out
//! its effects, in order, the durable ones first.

pub mod control;
