//! A peer with libp2p's own DHT and nothing else.

use std::time::Duration;

use futures::StreamExt;
use libp2p::kad::{self, GetProvidersOk, QueryResult, store::MemoryStore};
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{Multiaddr, PeerId, StreamProtocol, Swarm, SwarmBuilder, identify, noise, tcp, yamux};

use crate::world::Node;

/// Far beyond what a lookup takes.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(NetworkBehaviour)]
struct Parts {
    kad: kad::Behaviour<MemoryStore>,
    identify: identify::Behaviour,
}

/// A client of one DHT that knows one node.
pub struct Stranger {
    swarm: Swarm<Parts>,
}

impl Stranger {
    /// Connects and waits until the node says that it serves this DHT.
    pub async fn new(protocol: &'static str, entry: &Node) -> Self {
        let build = |key: &libp2p::identity::Keypair| {
            let (peer, name) = (key.public().to_peer_id(), StreamProtocol::new(protocol));
            let mut kad = kad::Behaviour::with_config(peer, MemoryStore::new(peer), kad::Config::new(name));
            kad.set_mode(Some(kad::Mode::Client));
            let identify = identify::Config::new("ipfs/0.1.0".to_owned(), key.public());
            Parts { kad, identify: identify::Behaviour::new(identify) }
        };
        let mut swarm = SwarmBuilder::with_new_identity()
            .with_tokio()
            .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
            .unwrap()
            .with_behaviour(build)
            .unwrap()
            .with_swarm_config(|c| c.with_idle_connection_timeout(PATIENCE))
            .build();
        swarm.dial(entry.addr()).unwrap();
        let mut stranger = Self { swarm };
        let told = async {
            loop {
                let event = stranger.swarm.select_next_some().await;
                let SwarmEvent::Behaviour(PartsEvent::Identify(identify::Event::Received { info, .. })) =
                    event
                else {
                    continue;
                };
                assert!(info.protocols.iter().any(|p| p.as_ref() == protocol), "{:?}", info.protocols);
                let addr = entry.addr().iter().take(2).collect();
                stranger.swarm.behaviour_mut().kad.add_address(&entry.id, addr);
                return;
            }
        };
        tokio::time::timeout(PATIENCE, told).await.expect("it tells its protocols");
        stranger
    }

    /// The first provider, and the addresses under which the DHT says it is to be found.
    pub async fn who_provides(&mut self, key: &[u8]) -> (PeerId, Vec<Multiaddr>) {
        let asked = async {
            loop {
                self.swarm.behaviour_mut().kad.get_providers(kad::RecordKey::new(&key));
                if let Some(provider) = self.providers().await {
                    return provider;
                }
            }
        };
        let provider = tokio::time::timeout(PATIENCE, asked).await.expect("somebody provides it");
        self.swarm.behaviour_mut().kad.get_closest_peers(provider);
        let told = tokio::time::timeout(PATIENCE, self.closest()).await.expect("the lookup ends");
        let info = told.into_iter().find(|info| info.peer_id == provider).expect("it is known");
        (provider, info.addrs)
    }

    async fn closest(&mut self) -> Vec<kad::PeerInfo> {
        loop {
            if let QueryResult::GetClosestPeers(found) = self.progress().await.0 {
                return found.expect("in time").peers;
            }
        }
    }

    /// Whom one lookup names; nobody if it ends without a name.
    async fn providers(&mut self) -> Option<PeerId> {
        loop {
            let (QueryResult::GetProviders(found), last) = self.progress().await else { continue };
            if let Ok(GetProvidersOk::FoundProviders { providers, .. }) = found
                && let Some(provider) = providers.into_iter().next()
            {
                return Some(provider);
            }
            if last {
                return None;
            }
        }
    }

    /// The next that a query says, and whether it is its last.
    async fn progress(&mut self) -> (QueryResult, bool) {
        loop {
            if let SwarmEvent::Behaviour(PartsEvent::Kad(kad::Event::OutboundQueryProgressed {
                result,
                step,
                ..
            })) = self.swarm.select_next_some().await
            {
                return (result, step.last);
            }
        }
    }
}
