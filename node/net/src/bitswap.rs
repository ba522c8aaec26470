//! Bitswap 1.2 (and 1.1), client and server: blocks by CID.
//!
//! No living library fits this libp2p, so it is our own: [`message`] and [`wire`] are the bytes, [`handler`] one
//! connection, [`ledger`] and [`server`] what others want, [`client`] what we want, [`behaviour`] joins them.

mod behaviour;
mod client;
mod handler;
mod ledger;
mod message;
mod peer;
mod protocol;
mod server;
mod source;
mod wire;

pub(crate) use behaviour::{Behaviour, Event};
pub use source::{BlockSource, NoBlocks};
