//! A node's engine and all that it keeps: the shell around the pure core.
//!
//! `vantage_protocol::attester::Attester` decides; [`engine`] turns the outside world into its inputs and carries out its
//! effects, in order, the durable ones first. What a running node answers to calls is in [`answers`].

pub mod answers;
pub mod backup;
pub mod clock;
pub mod config;
pub mod engine;
pub mod environment;
pub mod execution;
pub mod keys;
pub mod ledger;
pub mod lock;
pub mod plain_file;
pub mod policy;
pub mod private_file;
pub mod pruning;
pub mod store;
pub mod text_file;
pub mod upkeep;
