//! Gossip: out to the mesh, in to the caller, and one verdict each.

use bytes::Bytes;
use libp2p::PeerId;
use libp2p::gossipsub::{Event, MessageId};
use tokio::time::Instant;

use super::Driver;
use crate::counters::count;
use crate::event::{GossipToken, NetEvent, Verdict};
use crate::gossip;

impl Driver {
    pub(super) fn publish(&mut self, data: Bytes) {
        let topic = gossip::topic(&self.net16).hash();
        let Some(gossip) = self.swarm.behaviour_mut().gossip.as_mut() else {
            return count(&self.counters.gossip_unsent);
        };
        match gossip.publish(topic, data) {
            Ok(_) => count(&self.counters.gossip_published),
            Err(error) => {
                tracing::debug!(%error, "gossip message not sent");
                count(&self.counters.gossip_unsent);
            }
        }
    }

    pub(super) fn on_gossip(&mut self, event: Event) {
        match event {
            Event::Message { propagation_source: from, message_id: id, message } => {
                self.on_message(from, id, message.data.into());
            }
            Event::Subscribed { peer_id, .. } => {
                self.peers.set_in_network(&peer_id, true);
                self.discovery.found(&peer_id);
            }
            Event::Unsubscribed { peer_id, .. } => self.peers.set_in_network(&peer_id, false),
            Event::GossipsubNotSupported { peer_id } => tracing::debug!(peer = %peer_id, "no gossip here"),
            Event::SlowPeer { peer_id, .. } => tracing::debug!(peer = %peer_id, "slow to take gossip"),
        }
    }

    fn on_message(&mut self, from: PeerId, id: MessageId, data: Bytes) {
        if !self.verdicts.enter(id.clone(), from, Instant::now()) {
            count(&self.counters.gossip_unjudged);
            return self.report(&id, from, Verdict::Ignore);
        }
        let token = GossipToken { id: id.clone(), source: from };
        if self.tell(NetEvent::Gossip { token, from, data }) {
            count(&self.counters.gossip_received);
        } else {
            count(&self.counters.gossip_unjudged);
            self.judge(&id, from, Verdict::Ignore);
        }
    }

    /// Passes a verdict on, unless the message has had one.
    pub(super) fn judge(&mut self, id: &MessageId, source: PeerId, verdict: Verdict) {
        if self.verdicts.take(id) {
            self.report(id, source, verdict);
        }
    }

    /// Ignores what waited too long.
    pub(super) fn expire_verdicts(&mut self, now: Instant) {
        while let Some((id, source)) = self.verdicts.expired(now) {
            count(&self.counters.gossip_unjudged);
            self.report(&id, source, Verdict::Ignore);
        }
    }

    fn report(&mut self, id: &MessageId, source: PeerId, verdict: Verdict) {
        count(match verdict {
            Verdict::Accept => &self.counters.gossip_accepted,
            Verdict::Reject => &self.counters.gossip_rejected,
            Verdict::Ignore => &self.counters.gossip_ignored,
        });
        if let Some(gossip) = self.swarm.behaviour_mut().gossip.as_mut() {
            gossip.report_message_validation_result(id, &source, gossip::acceptance(verdict));
        }
    }
}
