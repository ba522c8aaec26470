//! Everything that one swarm speaks.

use std::sync::Arc;

use libp2p::identity::Keypair;
use libp2p::swarm::NetworkBehaviour;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::{connection_limits, identify, memory_connection_limits, ping};

use crate::bitswap::BlockSource;
use crate::config::{NetConfig, Role};
use crate::counters::Counters;
use crate::dht::{Dht, Kad};
use crate::error::NetError;
use crate::limits::Limits;
use crate::streams::{self, Budgets, Stream};
use crate::{admission, bitswap, gossip};

/// What peers see of the software.
const AGENT: &str = concat!("vantage/", env!("CARGO_PKG_VERSION"));
/// Handshakes under way in one direction at once; a guess.
const CONNECTIONS_PENDING_MAX: u32 = 64;

/// The protocols of one node.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    admission: Toggle<admission::Behaviour>,
    connections: connection_limits::Behaviour,
    memory: memory_connection_limits::Behaviour,
    pub(crate) gossip: Toggle<gossip::Behaviour>,
    pub(crate) witness: streams::Behaviour,
    pub(crate) log: streams::Behaviour,
    pub(crate) certs: streams::Behaviour,
    pub(crate) bitswap: Toggle<bitswap::Behaviour>,
    wan: Kad,
    lan: Toggle<Kad>,
    pub(crate) identify: identify::Behaviour,
    pub(crate) ping: ping::Behaviour,
}

impl Behaviour {
    pub(crate) fn new(
        keypair: &Keypair,
        config: &NetConfig,
        blocks: Arc<dyn BlockSource>,
        counters: Arc<Counters>,
    ) -> Result<Self, NetError> {
        let answers = matches!(config.role, Role::Member | Role::Volunteer);
        let budgets = Budgets::new();
        let topic = gossip::topic(&config.net16);
        let gossips = config
            .role
            .gossips()
            .then(|| gossip::behaviour(keypair, &topic, config.allow_private))
            .transpose()?;
        let exchanges = config.role != Role::Bootstrap;
        let runs = |dht| Dht::running(config.allow_private).contains(&dht);
        let limits = &config.limits;
        let per_ip =
            (!config.allow_private).then(|| admission::Behaviour::new(limits.connections_per_ip_max));
        Ok(Self {
            admission: per_ip.into(),
            connections: connection_limits::Behaviour::new(connection_limits(limits)),
            memory: memory_connection_limits::Behaviour::with_max_bytes(limits.memory_bytes_max),
            gossip: gossips.into(),
            witness: streams::behaviour(Stream::Witness, answers, &budgets),
            log: streams::behaviour(Stream::Log, answers, &budgets),
            certs: streams::behaviour(Stream::Certs, answers, &budgets),
            bitswap: exchanges.then(|| bitswap::Behaviour::new(blocks, counters)).into(),
            wan: Dht::Wan.behaviour(keypair, config),
            lan: runs(Dht::Lan).then(|| Dht::Lan.behaviour(keypair, config)).into(),
            identify: identify(keypair, config),
            ping: ping::Behaviour::default(),
        })
    }

    /// A DHT, if this node runs it.
    pub(crate) fn dht(&mut self, dht: Dht) -> Option<&mut Kad> {
        match dht {
            Dht::Wan => Some(&mut self.wan),
            Dht::Lan => self.lan.as_mut(),
        }
    }

    /// The behaviour of one stream protocol.
    pub(crate) fn stream(&mut self, stream: Stream) -> &mut streams::Behaviour {
        match stream {
            Stream::Witness => &mut self.witness,
            Stream::Log => &mut self.log,
            Stream::Certs => &mut self.certs,
        }
    }
}

fn connection_limits(limits: &Limits) -> connection_limits::ConnectionLimits {
    connection_limits::ConnectionLimits::default()
        .with_max_pending_incoming(Some(CONNECTIONS_PENDING_MAX))
        .with_max_pending_outgoing(Some(CONNECTIONS_PENDING_MAX))
        .with_max_established(Some(limits.connections_max))
        .with_max_established_incoming(Some(limits.connections_inbound_max))
        .with_max_established_per_peer(Some(limits.connections_per_peer_max))
}

/// Identify. Those who run from home tell nobody their addresses.
fn identify(keypair: &Keypair, config: &NetConfig) -> identify::Behaviour {
    let settings = identify::Config::new("ipfs/0.1.0".to_owned(), keypair.public())
        .with_agent_version(AGENT.to_owned())
        .with_push_listen_addr_updates(config.role.serves_dht())
        .with_hide_listen_addrs(!config.role.serves_dht())
        .with_cache_size(0);
    identify::Behaviour::new(settings)
}
