//! Who is connected, and what identify and ping tell of them.

use std::collections::{HashMap, HashSet};

use libp2p::core::ConnectedPoint;
use libp2p::{Multiaddr, PeerId, identify, ping};
use tokio::time::Instant;

use super::Driver;
use crate::address::{is_global, is_usable, without_peer};
use crate::dht::PROVIDER_ADDRESSES_MAX;
use crate::event::NetEvent;
use crate::limits::ADDRESSES_PER_PEER_MAX;
use crate::status::PeerStatus;

/// Characters kept of a peer's own description.
const AGENT_CHARS_MAX: usize = 64;

/// One connected peer.
#[derive(Debug)]
struct Peer {
    addr: Multiaddr,
    agent: String,
    rtt_ms: Option<u64>,
    in_network: bool,
}

/// Connected peers; as many as the connection limits allow.
#[derive(Debug, Default)]
pub(super) struct Peers {
    connected: HashMap<PeerId, Peer>,
    /// Whose coming was told to the caller, and whose going was not yet.
    told: HashSet<PeerId>,
}

impl Peers {
    /// Connected peers that follow our gossip.
    pub(super) fn in_network(&self) -> usize {
        self.connected.values().filter(|p| p.in_network).count()
    }

    pub(super) fn set_in_network(&mut self, peer: &PeerId, in_network: bool) {
        if let Some(peer) = self.connected.get_mut(peer) {
            peer.in_network = in_network;
        }
    }

    pub(super) fn statuses(&self) -> impl Iterator<Item = PeerStatus> {
        self.connected.iter().map(|(id, peer)| PeerStatus {
            peer: *id,
            addr: peer.addr.clone(),
            agent: peer.agent.clone(),
            rtt_ms: peer.rtt_ms,
            in_network: peer.in_network,
        })
    }
}

impl Driver {
    /// A listener stands. Without configured external addresses, a member's listening addresses are what it
    /// publishes, as far as others could reach them.
    pub(super) fn on_listening(&mut self, addr: Multiaddr) {
        tracing::info!(%addr, "listening");
        if self.publish_listening && (self.allow_private || is_global(&addr)) {
            self.swarm.add_external_address(addr.clone());
            self.tell_addresses();
        }
        self.tell(NetEvent::Listening(addr));
    }

    /// Each DHT names us under those of our addresses that belong into it.
    pub(super) fn tell_addresses(&mut self) {
        let external: Vec<_> = self.swarm.external_addresses().cloned().collect();
        for dht in self.dhts {
            let admitted = external.iter().filter(|addr| dht.admits(addr, self.allow_private)).cloned();
            if let Some(kad) = self.swarm.behaviour_mut().dht(*dht) {
                kad.store_mut().set_addresses(admitted.take(PROVIDER_ADDRESSES_MAX).collect());
            }
        }
    }

    pub(super) fn on_connected(&mut self, peer: PeerId, endpoint: &ConnectedPoint, connections: u32) {
        let addr = without_peer(endpoint.get_remote_address());
        if endpoint.is_dialer() {
            self.book.add(peer, addr.clone());
        }
        if connections == 1 {
            let fresh = Peer { addr, agent: String::new(), rtt_ms: None, in_network: false };
            self.peers.connected.insert(peer, fresh);
            self.tell_peers();
        }
        self.on_reached(peer);
    }

    pub(super) fn on_disconnected(&mut self, peer: PeerId) {
        let gone = self.peers.connected.remove(&peer);
        self.tell_peers();
        if gone.is_some_and(|p| p.in_network) {
            self.discovery.lost(peer, Instant::now());
        }
        self.discovery.bootstrap_lost(&peer, Instant::now());
    }

    /// Tells the caller of everybody who came or went since it was last told, as far as there is room.
    pub(super) fn tell_peers(&mut self) {
        let gone: Vec<_> =
            self.peers.told.iter().filter(|p| !self.peers.connected.contains_key(p)).copied().collect();
        for peer in gone {
            if !self.tell(NetEvent::PeerDown { peer }) {
                return;
            }
            self.peers.told.remove(&peer);
        }
        let come: Vec<_> =
            self.peers.connected.keys().filter(|p| !self.peers.told.contains(p)).copied().collect();
        for peer in come {
            if !self.tell(NetEvent::PeerUp { peer }) {
                return;
            }
            self.peers.told.insert(peer);
        }
    }

    pub(super) fn on_identify(&mut self, event: identify::Event) {
        let identify::Event::Received { peer_id: peer, info, .. } = event else { return };
        if let Some(known) = self.peers.connected.get_mut(&peer) {
            known.agent =
                info.agent_version.chars().filter(char::is_ascii_graphic).take(AGENT_CHARS_MAX).collect();
        }
        let usable = info.listen_addrs.iter().filter(|a| is_usable(a, self.allow_private));
        let usable: Vec<_> = usable.take(ADDRESSES_PER_PEER_MAX).map(without_peer).collect();
        for addr in &usable {
            self.book.add(peer, addr.clone());
        }
        for dht in self.dhts {
            let serves = info.protocols.iter().any(|p| p.as_ref() == dht.protocol());
            let admitted: Vec<_> = usable.iter().filter(|a| dht.admits(a, self.allow_private)).collect();
            let Some(kad) = self.swarm.behaviour_mut().dht(*dht).filter(|_| serves) else { continue };
            for addr in &admitted {
                kad.add_address(&peer, (*addr).clone());
            }
            if !admitted.is_empty() {
                self.on_dht_server(*dht, peer, Instant::now());
            }
        }
    }

    pub(super) fn on_ping(&mut self, event: &ping::Event) {
        if let (Ok(rtt), Some(peer)) = (&event.result, self.peers.connected.get_mut(&event.peer)) {
            peer.rtt_ms = Some(u64::try_from(rtt.as_millis()).unwrap_or(u64::MAX));
        }
    }
}
