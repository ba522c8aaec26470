//! Everything that one swarm speaks.

use std::sync::Arc;
use std::time::Duration;

use libp2p::identity::Keypair;
use libp2p::kad::store::{MemoryStore, MemoryStoreConfig};
use libp2p::swarm::NetworkBehaviour;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::{StreamProtocol, connection_limits, identify, kad, memory_connection_limits, ping};

use crate::bitswap::BlockSource;
use crate::config::{NetConfig, Role};
use crate::counters::Counters;
use crate::error::NetError;
use crate::limits::{Limits, PROVIDER_KEYS_MAX, PROVIDERS_MAX};
use crate::streams::{self, Budgets, Stream};
use crate::{admission, bitswap, gossip};

/// What peers see of the software.
const AGENT: &str = concat!("vantage/", env!("CARGO_PKG_VERSION"));
/// Handshakes under way in one direction at once; a guess.
const CONNECTIONS_PENDING_MAX: u32 = 64;
/// How often provider records are renewed; IPFS's records live 48 h, its nodes renew every 22 h. More often, because
/// entry points keep records in memory and may restart.
const PROVIDE_INTERVAL: Duration = Duration::from_secs(3600);
/// How often the routing table is refreshed; libp2p's default.
const KAD_REFRESH_INTERVAL: Duration = Duration::from_secs(300);
/// Overall time of one DHT query; a guess, below libp2p's 60 s, as somebody waits.
const KAD_QUERY_TIMEOUT: Duration = Duration::from_secs(20);

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
    pub(crate) kad: kad::Behaviour<MemoryStore>,
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
            kad: kad(keypair, config)?,
            identify: identify(keypair, config),
            ping: ping::Behaviour::default(),
        })
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

/// The DHT. Peers and provider records enter it through the driver only, which looks at their addresses first.
/// Values are refused: nothing here uses them.
fn kad(keypair: &Keypair, config: &NetConfig) -> Result<kad::Behaviour<MemoryStore>, NetError> {
    let name = config.kad_protocol.clone();
    let protocol = StreamProtocol::try_from_owned(name)
        .map_err(|_| NetError::Protocol { name: config.kad_protocol.clone() })?;
    let peer = keypair.public().to_peer_id();
    let store = MemoryStoreConfig {
        max_records: 0,
        max_providers_per_key: PROVIDERS_MAX,
        max_provided_keys: PROVIDER_KEYS_MAX,
        ..MemoryStoreConfig::default()
    };
    let mut settings = kad::Config::new(protocol);
    settings
        .set_kbucket_inserts(kad::BucketInserts::Manual)
        .set_record_filtering(kad::StoreInserts::FilterBoth)
        .set_provider_publication_interval(Some(PROVIDE_INTERVAL))
        .set_periodic_bootstrap_interval(Some(KAD_REFRESH_INTERVAL))
        .set_query_timeout(KAD_QUERY_TIMEOUT);
    let mut kad = kad::Behaviour::with_config(peer, MemoryStore::with_config(peer, store), settings);
    let mode = if config.role.serves_dht() { kad::Mode::Server } else { kad::Mode::Client };
    kad.set_mode(Some(mode));
    Ok(kad)
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
