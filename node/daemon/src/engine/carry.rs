//! Carrying out what is not durable: everything here leaves the node or starts a task, and nothing waits.

use super::event::{stream_out, verdict_out};
use super::{Engine, Event, peer_id};
use crate::store::StoreError;
use std::time::Duration;
use vantage_api::Submitted;
use vantage_net::PeerId;
use vantage_protocol::attester::{Call, Effect, PeerKey, Stream, Token};
use vantage_protocol::cid::Cid;
use vantage_protocol::params::BLOCK_BYTES_MAX;

/// How long a block is looked for before the core is told that it was not found; the core asks again. A guess.
const FETCH_PATIENCE: Duration = Duration::from_secs(20);
/// Largest block taken from others, bytes: certs may be two blocks long.
const FETCHED_BYTES_MAX: usize = 2 * BLOCK_BYTES_MAX;

/// Witness requests passed on for others at once: far fewer than the node's own requests may be, so that those never
/// wait for a place. A guess.
pub(super) const RELAYS_MAX: usize = 32;

impl Engine {
    /// Carries out one effect. Durable ones were written before and do not come here.
    pub(super) fn carry(&mut self, effect: Effect) -> Result<(), StoreError> {
        match effect {
            Effect::Persist(_) | Effect::Put { .. } | Effect::PutPrivate { .. } | Effect::Release(_) => {}
            Effect::Gossip(bytes) => self.net.publish(bytes.into()),
            Effect::Judge { token, verdict } => {
                if let Some(message) = self.tokens.take_gossip(token) {
                    self.net.verdict(message, verdict_out(verdict));
                }
            }
            Effect::Reply { token, bytes } => {
                if let Some(request) = self.tokens.take_reply(token) {
                    self.net.reply(request, bytes.into());
                }
            }
            Effect::Ask { call, peer, stream, bytes } => self.ask(call, &peer, stream, bytes),
            Effect::Relay { token, peer, bytes } => self.relay(token, &peer, bytes),
            Effect::Fetch { cid, peers } => self.fetch(cid, &peers),
            Effect::Execute(execution) => self.execute(execution)?,
            Effect::Abandon { job, slot } => self.abandon(&job, slot),
            Effect::Provide(cid) => {
                if let Some(cid) = library(&cid) {
                    self.net.provide(cid);
                }
            }
            Effect::Submitted { token, result } => {
                if let Some(reply) = self.orders.remove(&token) {
                    // Whoever asked may be gone.
                    let _ = reply.send(result.map(|id| Submitted { id, again: false }));
                }
            }
            Effect::Notice(notice) => self.notices.take(&notice),
        }
        Ok(())
    }

    fn ask(&self, call: Call, peer: &PeerKey, stream: Stream, bytes: Vec<u8>) {
        let (net, events, peer) = (self.net.clone(), self.events.clone(), peer_id(peer));
        self.tasks.spawn(async move {
            let bytes = match peer {
                Some(peer) => answer(&net, peer, stream, bytes).await,
                None => None,
            };
            // The engine may have ended.
            let _ = events.send(Event::Answer { call, bytes }).await;
        });
    }

    fn relay(&mut self, token: Token, peer: &PeerKey, bytes: Vec<u8>) {
        let Some((request, peer)) = self.tokens.take_reply(token).zip(peer_id(peer)) else { return };
        // a request that finds no place is dropped, which closes its stream: the asker tries another way
        let Ok(place) = self.relays.clone().try_acquire_owned() else { return };
        let net = self.net.clone();
        self.tasks.spawn(async move {
            let _place = place;
            // Without an answer the request is dropped, which closes its stream.
            if let Some(bytes) = answer(&net, peer, Stream::Witness, bytes).await {
                net.reply(request, bytes);
            }
        });
    }

    fn fetch(&self, cid: Cid, peers: &[PeerKey]) {
        let (net, events) = (self.net.clone(), self.events.clone());
        let scarce = self.is_scarce();
        let hints: Vec<PeerId> = peers.iter().filter_map(peer_id).collect();
        self.tasks.spawn(async move {
            let bytes = match library(&cid).filter(|_| !scarce) {
                Some(id) => net.fetch(id, hints, FETCH_PATIENCE).await.ok(),
                None => None,
            };
            let bytes = bytes.filter(|bytes| bytes.len() <= FETCHED_BYTES_MAX && cid.names(bytes));
            // The engine may have ended.
            let _ = events.send(Event::Fetched { cid, bytes }).await;
        });
    }
}

async fn answer(
    net: &vantage_net::NetHandle,
    peer: PeerId,
    stream: Stream,
    bytes: Vec<u8>,
) -> Option<bytes::Bytes> {
    match net.request(peer, stream_out(stream), bytes.into()).await {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            tracing::debug!(%peer, ?stream, %error, "no answer");
            None
        }
    }
}

/// The same id in the network's type.
pub(super) fn library(cid: &Cid) -> Option<vantage_net::Cid> {
    vantage_net::Cid::try_from(cid.to_bytes()).ok()
}
