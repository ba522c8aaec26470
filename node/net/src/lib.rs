//! libp2p networking of Vantage: gossip, streams, bitswap, routing.
//!
//! The crate moves bytes and gives them no meaning: whoever calls [`spawn`] gets a [`NetHandle`] to speak with and a
//! receiver of [`NetEvent`]s to listen to, judges every gossip message exactly once ([`NetHandle::verdict`]) and
//! answers requests ([`NetHandle::reply`]). One task owns the swarm; every table and channel of it is bounded
//! ([`limits`]), and it never waits for the caller, so that the two cannot block each other.

mod address;
mod admission;
mod behaviour;
mod bitswap;
mod command;
mod config;
mod counters;
mod dht;
mod driver;
mod error;
mod event;
mod framing;
mod gossip;
mod handle;
mod identity;
pub mod limits;
mod listen;
mod roots;
mod spawn;
mod status;
mod streams;
mod transport;
mod varint;

pub use address::{check_bootstrap, is_dialled, is_global};
pub use bitswap::{BlockSource, NoBlocks};
pub use bytes::Bytes;
pub use cid::Cid;
pub use config::{NetConfig, Role};
pub use error::{FetchError, NetError, RequestError};
pub use event::{GossipToken, NetEvent, ReplyToken, Verdict};
pub use handle::NetHandle;
pub use identity::{peer_id_from_ed25519, peer_id_from_seed};
pub use libp2p::{Multiaddr, PeerId};
pub use limits::Limits;
pub use listen::{Listening, Unbound, check_listen, has_address, try_bind};
pub use spawn::spawn;
pub use status::{NetStatus, PeerStatus, Provided};
pub use streams::Stream;
