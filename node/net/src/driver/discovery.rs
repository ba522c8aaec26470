//! Finding the other nodes of our network and staying connected with them.
//!
//! Members publish a provider record under a key made of the network's id; everybody looks that key up and connects
//! with whom it names, up to a target. Entry points are dialled for ever, lost peers for a while.

use std::collections::HashMap;
use std::time::Duration;

use libp2p::kad::RecordKey;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::{Multiaddr, PeerId};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::Driver;
use super::queries::Query;
use crate::address::split_peer;

/// First pause between attempts.
const PAUSE_MIN: Duration = Duration::from_millis(500);
/// Longest pause between dials of an entry point or a lost peer.
const REDIAL_PAUSE_MAX: Duration = Duration::from_secs(30);
/// Longest pause between lookups of the network's key; shorter than the idle timeout, so that the entry points and
/// DHT neighbours stay connected.
const LOOKUP_PAUSE_MAX: Duration = Duration::from_secs(20);
/// Dials of a lost peer before it is left to the lookups: about five minutes.
const REDIALS_MAX: u32 = 15;
/// Lost peers remembered; a guess.
const LOST_MAX: usize = 128;

/// Doubling pauses.
#[derive(Debug)]
struct Backoff {
    next: Instant,
    pause: Duration,
    tries: u32,
}

impl Backoff {
    fn new(now: Instant) -> Self {
        Self { next: now, pause: PAUSE_MIN, tries: 0 }
    }

    /// Whether it is time; if so, the next time is set.
    fn due(&mut self, now: Instant, pause_max: Duration) -> bool {
        if now < self.next {
            return false;
        }
        self.next = now + self.pause;
        self.pause = (self.pause * 2).min(pause_max);
        self.tries += 1;
        true
    }
}

#[derive(Debug)]
struct EntryPoint {
    peer: PeerId,
    addr: Multiaddr,
    backoff: Backoff,
}

/// What is being tried.
#[derive(Debug)]
pub(super) struct Discovery {
    rendezvous: RecordKey,
    entry_points: Vec<EntryPoint>,
    lookup: Backoff,
    lost: HashMap<PeerId, Backoff>,
}

impl Discovery {
    pub(super) fn new(net16: &str, bootstrap: &[Multiaddr]) -> Self {
        let now = Instant::now();
        let entry_points = bootstrap.iter().filter_map(split_peer);
        Self {
            rendezvous: rendezvous(net16),
            entry_points: entry_points
                .map(|(peer, addr)| EntryPoint { peer, addr, backoff: Backoff::new(now) })
                .collect(),
            lookup: Backoff::new(now),
            lost: HashMap::new(),
        }
    }

    /// A peer of our network went away.
    pub(super) fn lost(&mut self, peer: PeerId, now: Instant) {
        if self.lost.len() < LOST_MAX {
            self.lost.entry(peer).or_insert_with(|| Backoff::new(now + PAUSE_MIN));
        }
        self.hurry(now);
    }

    /// A peer of our network is here.
    pub(super) fn found(&mut self, peer: &PeerId) {
        self.lost.remove(peer);
    }

    /// An entry point went away.
    pub(super) fn bootstrap_lost(&mut self, peer: &PeerId, now: Instant) {
        for entry in self.entry_points.iter_mut().filter(|e| e.peer == *peer) {
            entry.backoff = Backoff::new(now + PAUSE_MIN);
        }
    }

    /// Things changed: look the network up again soon.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.lookup.pause = PAUSE_MIN;
        self.lookup.next = self.lookup.next.min(now + PAUSE_MIN);
    }
}

impl Driver {
    /// Members let themselves be found.
    pub(super) fn start_discovery(&mut self) {
        let now = Instant::now();
        self.tell_addresses();
        if self.role.provides() {
            let key = self.discovery.rendezvous.clone();
            self.provide(key);
        }
        self.discover(now);
    }

    pub(super) fn discover(&mut self, now: Instant) {
        self.dial_entry_points(now);
        if !self.role.gossips() {
            return;
        }
        self.redial_lost(now);
        let lonely = self.peers.in_network() < self.peers_target;
        let possible = lonely && !self.queries.is_open(&Query::Rendezvous) && self.dht_peers() > 0;
        if possible && self.discovery.lookup.due(now, LOOKUP_PAUSE_MAX) {
            let key = self.discovery.rendezvous.clone();
            self.put(&Query::Rendezvous, |kad| Some(kad.get_providers(key.clone())));
        }
    }

    /// Somebody named these peers as nodes of our network.
    pub(super) fn on_rendezvous(&mut self, providers: &[PeerId]) {
        let us = *self.swarm.local_peer_id();
        for peer in providers {
            let wanted = self.peers.in_network() + self.reaches.len() < self.peers_target;
            if wanted && *peer != us && !self.swarm.is_connected(peer) {
                self.reach(*peer);
            }
        }
    }

    fn dial_entry_points(&mut self, now: Instant) {
        for entry in &mut self.discovery.entry_points {
            let us = entry.peer == *self.swarm.local_peer_id();
            if us || self.swarm.is_connected(&entry.peer) || !entry.backoff.due(now, REDIAL_PAUSE_MAX) {
                continue;
            }
            let opts = DialOpts::peer_id(entry.peer)
                .condition(PeerCondition::DisconnectedAndNotDialing)
                .addresses(vec![entry.addr.clone()])
                .build();
            if let Err(error) = self.swarm.dial(opts) {
                tracing::debug!(addr = %entry.addr, %error, "cannot dial entry point");
            } else if entry.backoff.tries > 3 {
                tracing::warn!(addr = %entry.addr, tries = entry.backoff.tries, "entry point does not answer");
            }
        }
    }

    fn redial_lost(&mut self, now: Instant) {
        self.discovery.lost.retain(|_, backoff| backoff.tries < REDIALS_MAX);
        let lost = self.discovery.lost.iter_mut();
        let due = lost.filter_map(|(peer, backoff)| backoff.due(now, REDIAL_PAUSE_MAX).then_some(*peer));
        for peer in due.collect::<Vec<_>>() {
            self.reach(peer);
        }
    }
}

/// The key under which a network's members are found: a SHA2-256 multihash, as every DHT of IPFS expects.
fn rendezvous(net16: &str) -> RecordKey {
    let digest = Sha256::digest(format!("vantage rendezvous {net16}"));
    let mut multihash = vec![0x12, 0x20];
    multihash.extend_from_slice(&digest);
    RecordKey::new(&multihash)
}
