//! Between bitswap and the rest: fetches in, provider lookups and dials out.

use bytes::Bytes;
use cid::Cid;
use libp2p::PeerId;
use tokio::sync::oneshot;

use super::Driver;
use crate::bitswap::Event;

impl Driver {
    pub(super) fn fetch(&mut self, cid: Cid, hints: Vec<PeerId>, block: oneshot::Sender<Bytes>) {
        let us = *self.swarm.local_peer_id();
        let hints = hints.into_iter().filter(|hint| *hint != us).collect();
        if let Some(bitswap) = self.swarm.behaviour_mut().bitswap.as_mut() {
            bitswap.fetch(cid, hints, block);
        }
    }

    pub(super) fn blocks_added(&mut self, cids: &[Cid]) {
        if let Some(bitswap) = self.swarm.behaviour_mut().bitswap.as_mut() {
            bitswap.blocks_added(cids);
        }
    }

    pub(super) fn on_bitswap(&mut self, event: Event) {
        match event {
            Event::Connect(peer) => self.reach(peer),
            Event::FindProviders(cid) => {
                if !self.find_sources(cid) {
                    self.sources_found(cid, Vec::new(), true);
                }
            }
        }
    }

    pub(super) fn peer_unreachable(&mut self, peer: PeerId) {
        if let Some(bitswap) = self.swarm.behaviour_mut().bitswap.as_mut() {
            bitswap.unreachable(peer);
        }
    }

    pub(super) fn sources_found(&mut self, cid: Cid, providers: Vec<PeerId>, last: bool) {
        if let Some(bitswap) = self.swarm.behaviour_mut().bitswap.as_mut() {
            bitswap.providers(cid, providers, last);
        }
    }
}
