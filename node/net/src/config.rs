//! What a network task is started with.

use std::fmt;

use libp2p::Multiaddr;

use crate::limits::Limits;

/// What a node does for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A committee attester: serves the DHT, provides, gossips.
    Member,
    /// Executes from home: a client of the DHT that provides nothing and shows its addresses to nobody.
    Volunteer,
    /// An entry point: serves the DHT, carries no gossip and holds no blocks.
    Bootstrap,
    /// Comes to read and leaves: an ephemeral client, as `vantage verify` is.
    Visitor,
}

impl Role {
    /// Whether this role answers DHT queries and may publish provider records.
    pub fn serves_dht(self) -> bool {
        matches!(self, Self::Member | Self::Bootstrap)
    }

    /// Whether this role publishes provider records.
    pub fn provides(self) -> bool {
        self == Self::Member
    }

    /// Whether this role joins the gossip topic.
    pub fn gossips(self) -> bool {
        self != Self::Bootstrap
    }
}

/// Everything that [`crate::spawn`] needs to know. Build it with [`NetConfig::new`] and set what differs.
#[derive(Clone)]
pub struct NetConfig {
    /// Secret seed of the Ed25519 transport key. Never printed.
    pub transport_seed: [u8; 32],
    /// First 16 hex digits of the network's id; part of the gossip topic and of the rendezvous key.
    pub net16: String,
    /// What this node does for others.
    pub role: Role,
    /// Addresses to listen on: `/ip4/…/tcp/…` and `/ip4/…/udp/…/quic-v1`; port 0 picks one. Empty: dial only.
    pub listen: Vec<Multiaddr>,
    /// Addresses under which others reach this node; they go into provider records.
    pub external: Vec<Multiaddr>,
    /// Entry points, each ending in `/p2p/<peer id>`.
    pub bootstrap: Vec<Multiaddr>,
    /// Let private and loopback addresses be dialled and published, and take part in the LAN's DHT. For test networks
    /// on one host or one LAN.
    pub allow_private: bool,
    /// Bounds that an operator may set.
    pub limits: Limits,
}

impl NetConfig {
    /// A node that listens nowhere and knows nobody yet, with default limits.
    pub fn new(transport_seed: [u8; 32], net16: impl Into<String>, role: Role) -> Self {
        Self {
            transport_seed,
            net16: net16.into(),
            role,
            listen: Vec::new(),
            external: Vec::new(),
            bootstrap: Vec::new(),
            allow_private: false,
            limits: Limits::default(),
        }
    }
}

impl fmt::Debug for NetConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetConfig")
            .field("net16", &self.net16)
            .field("role", &self.role)
            .field("listen", &self.listen)
            .field("external", &self.external)
            .field("bootstrap", &self.bootstrap)
            .field("allow_private", &self.allow_private)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
