//! Getting connected with a peer by its id: its known addresses first, then those the DHT knows.

use std::collections::HashMap;

use libp2p::PeerId;
use libp2p::kad::PeerInfo;
use libp2p::swarm::DialError;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use tokio::time::Instant;

use super::Driver;
use super::queries::Query;
use crate::address::is_usable;
use crate::error::RequestError;
use crate::limits::{REACH_TIMEOUT, REACHES_MAX};

/// How far the attempt has come.
#[derive(Debug, PartialEq, Eq)]
enum Stage {
    Dialling,
    LookingUp,
    DiallingFound,
}

/// Attempts under way, bounded.
#[derive(Debug, Default)]
pub(super) struct Reaches {
    attempts: HashMap<PeerId, (Stage, Instant)>,
}

impl Reaches {
    pub(super) fn len(&self) -> usize {
        self.attempts.len()
    }
}

impl Driver {
    /// Sees to it that a peer gets connected, or given up.
    pub(super) fn reach(&mut self, peer: PeerId) {
        if self.swarm.is_connected(&peer) || self.reaches.attempts.contains_key(&peer) {
            return;
        }
        if self.reaches.len() >= REACHES_MAX {
            return self.give_up(peer, &RequestError::Busy);
        }
        self.dial_known(peer, Stage::Dialling);
    }

    /// A connection with the peer stands.
    pub(super) fn on_reached(&mut self, peer: PeerId) {
        self.reaches.attempts.remove(&peer);
        for question in self.outbound.take(&peer) {
            self.ask_connected(question);
        }
    }

    pub(super) fn on_dial_failed(&mut self, peer: PeerId) {
        match self.reaches.attempts.get(&peer) {
            Some((Stage::Dialling, _)) => self.look_up(peer),
            Some((Stage::DiallingFound, _)) => self.give_up(peer, &RequestError::Unreachable(peer)),
            Some((Stage::LookingUp, _)) | None => {}
        }
    }

    /// A DHT was asked for a peer's addresses and this is all it said; `last` if no other will say more.
    pub(super) fn on_closest_peers(&mut self, peer: PeerId, closest: Vec<PeerInfo>, last: bool) {
        let found = closest.into_iter().find(|info| info.peer_id == peer).map(|info| info.addrs);
        let mut usable = found.unwrap_or_default();
        usable.retain(|addr| is_usable(addr, self.allow_private));
        let is_found = !usable.is_empty();
        for addr in usable {
            self.book.add(peer, addr);
        }
        // the other DHT may have found it before
        if !matches!(self.reaches.attempts.get(&peer), Some((Stage::LookingUp, _))) {
            return;
        }
        if is_found {
            self.dial_known(peer, Stage::DiallingFound);
        } else if last {
            self.give_up(peer, &RequestError::NotFound(peer));
        }
    }

    pub(super) fn sweep_reaches(&mut self, now: Instant) {
        let late = self.reaches.attempts.iter().filter(|(_, (_, deadline))| *deadline <= now);
        for peer in late.map(|(peer, _)| *peer).collect::<Vec<_>>() {
            self.give_up(peer, &RequestError::Unreachable(peer));
        }
    }

    fn dial_known(&mut self, peer: PeerId, stage: Stage) {
        let opts = DialOpts::peer_id(peer)
            .condition(PeerCondition::DisconnectedAndNotDialing)
            .addresses(self.book.of(&peer))
            .extend_addresses_through_behaviour()
            .build();
        match self.swarm.dial(opts) {
            // A condition that fails is a dial under way on somebody else's behalf: its outcome is told as well.
            Ok(()) | Err(DialError::DialPeerConditionFalse(_)) => self.set_stage(peer, stage),
            Err(DialError::NoAddresses) if stage == Stage::Dialling => self.look_up(peer),
            Err(error) => {
                tracing::debug!(%peer, %error, "cannot dial");
                self.give_up(peer, &RequestError::Unreachable(peer));
            }
        }
    }

    fn look_up(&mut self, peer: PeerId) {
        if self.dht_peers() == 0 {
            return self.give_up(peer, &RequestError::NotFound(peer));
        }
        self.put(&Query::Peer(peer), |kad| Some(kad.get_closest_peers(peer)));
        self.set_stage(peer, Stage::LookingUp);
    }

    fn set_stage(&mut self, peer: PeerId, stage: Stage) {
        let fresh = Instant::now() + REACH_TIMEOUT;
        let deadline = self.reaches.attempts.get(&peer).map_or(fresh, |(_, deadline)| *deadline);
        self.reaches.attempts.insert(peer, (stage, deadline));
    }

    fn give_up(&mut self, peer: PeerId, error: &RequestError) {
        self.reaches.attempts.remove(&peer);
        self.outbound.unreachable(&peer, error);
        self.peer_unreachable(peer);
    }
}
