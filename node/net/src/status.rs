//! A snapshot of the network task, for status pages.

use std::collections::BTreeMap;

use libp2p::{Multiaddr, PeerId};

use crate::listen::Unbound;

/// What the network task looks like at one moment.
#[derive(Clone, Debug)]
pub struct NetStatus {
    /// Our own peer id.
    pub peer_id: PeerId,
    /// Addresses we listen on (without `/p2p/`).
    pub listening: Vec<Multiaddr>,
    /// Configured addresses that are bound and have told nothing: on their way, or without any interface of their kind.
    pub silent: Vec<Multiaddr>,
    /// Configured addresses that are not listened on, and why.
    pub unbound: Vec<Unbound>,
    /// Addresses we publish.
    pub external: Vec<Multiaddr>,
    /// Connected peers, by peer id.
    pub peers: Vec<PeerStatus>,
    /// Peers in the gossip mesh.
    pub mesh_peers: usize,
    /// Peers in the DHTs' routing tables.
    pub dht_peers: usize,
    /// Our own provider records.
    pub provided: Provided,
    /// Counters since the start, by name.
    pub counters: BTreeMap<&'static str, u64>,
}

/// What this node lets others find, and how far it has told them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Provided {
    /// Roots that are provided.
    pub roots: usize,
    /// Of those, the ones whose announcement is due or under way.
    pub waiting: usize,
    /// A round of announcements did not end within its hour: those that wait come first in the next.
    pub late: bool,
}

/// One connected peer.
#[derive(Clone, Debug)]
pub struct PeerStatus {
    /// Who.
    pub peer: PeerId,
    /// Where its first connection comes from or goes to.
    pub addr: Multiaddr,
    /// The software's name, as the peer tells it: hostile text, at most 64 printable ASCII characters of it.
    pub agent: String,
    /// Last round-trip time in milliseconds, once measured.
    pub rtt_ms: Option<u64>,
    /// Whether the peer follows this network's gossip.
    pub in_network: bool,
}
