//! The gossip topic, its scoring, and the table that sees to it that every message is judged once.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use libp2p::PeerId;
use libp2p::gossipsub::{
    self, IdentTopic, MaxCountSubscriptionFilter, MessageAcceptance, MessageAuthenticity, MessageId,
    PeerScoreParams, PeerScoreThresholds, TopicScoreParams, ValidationMode, WhitelistSubscriptionFilter,
};
use libp2p::identity::Keypair;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::error::NetError;
use crate::limits::{GOSSIP_BYTES_MAX, VERDICT_TIMEOUT, VERDICTS_PENDING_MAX};

/// Gossipsub with only our topic admitted.
pub(crate) type Behaviour = gossipsub::Behaviour<
    gossipsub::IdentityTransform,
    MaxCountSubscriptionFilter<WhitelistSubscriptionFilter>,
>;

/// Gossipsub's default, and our unit for the length of its history.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// Heartbeats for which an unjudged message is kept: longer than any verdict takes.
const HISTORY_HEARTBEATS: usize = 2 * VERDICT_TIMEOUT.as_secs() as usize;
/// Subscriptions read per message; ours is one topic.
const SUBSCRIPTIONS_PER_REQUEST_MAX: usize = 16;

/// The topic of a network.
pub(crate) fn topic(net16: &str) -> IdentTopic {
    IdentTopic::new(format!("/vantage/{net16}/heads/1"))
}

/// Builds gossipsub. Messages are signed by the transport key that passes them into the network, so that peers can
/// drop forgeries before the caller sees them; the id is the hash of the payload alone, so that nobody can have the
/// same message judged twice by signing it anew.
pub(crate) fn behaviour(keypair: &Keypair, topic: &IdentTopic, same_ip: bool) -> Result<Behaviour, NetError> {
    let setup = |reason: String| NetError::Setup { part: "gossipsub", reason };
    let config = gossipsub::ConfigBuilder::default()
        .heartbeat_interval(HEARTBEAT)
        .history_length(HISTORY_HEARTBEATS)
        .validation_mode(ValidationMode::Strict)
        .validate_messages()
        .max_transmit_size(GOSSIP_BYTES_MAX)
        .message_id_fn(|message| MessageId::new(Sha256::digest(&message.data).as_slice()))
        .build()
        .map_err(|e| setup(e.to_string()))?;
    let filter = MaxCountSubscriptionFilter {
        filter: WhitelistSubscriptionFilter(HashSet::from([topic.hash()])),
        max_subscribed_topics: 1,
        max_subscriptions_per_request: SUBSCRIPTIONS_PER_REQUEST_MAX,
    };
    let author = MessageAuthenticity::Signed(keypair.clone());
    let mut gossip =
        Behaviour::new_with_subscription_filter(author, config, filter).map_err(|e| setup(e.to_owned()))?;
    gossip.with_peer_score(score(topic, same_ip), thresholds()).map_err(setup)?;
    Ok(gossip)
}

/// Guesses in the shape of Ethereum's: what is certainly wrong weighs (invalid messages, broken protocol, many peers
/// behind one IP address); silence does not, as a network without jobs hardly speaks. Five invalid messages within
/// the decay cost a peer its place in the mesh and twenty its hearing.
fn score(topic: &IdentTopic, same_ip: bool) -> PeerScoreParams {
    let of_topic = TopicScoreParams {
        topic_weight: 1.0,
        time_in_mesh_weight: 0.01,
        time_in_mesh_quantum: Duration::from_secs(1),
        time_in_mesh_cap: 600.0,
        first_message_deliveries_weight: 0.1,
        first_message_deliveries_decay: 0.99,
        first_message_deliveries_cap: 40.0,
        mesh_message_deliveries_weight: 0.0,
        mesh_failure_penalty_weight: 0.0,
        invalid_message_deliveries_weight: -1.0,
        invalid_message_deliveries_decay: 0.99,
        ..TopicScoreParams::default()
    };
    PeerScoreParams {
        topics: HashMap::from([(topic.hash(), of_topic)]),
        topic_score_cap: 10.0,
        app_specific_weight: 0.0,
        ip_colocation_factor_weight: if same_ip { 0.0 } else { -5.0 },
        ip_colocation_factor_threshold: 8.0,
        ..PeerScoreParams::default()
    }
}

fn thresholds() -> PeerScoreThresholds {
    PeerScoreThresholds {
        gossip_threshold: -25.0,
        publish_threshold: -100.0,
        graylist_threshold: -400.0,
        accept_px_threshold: 100.0,
        opportunistic_graft_threshold: 1.0,
    }
}

/// Messages that wait for their verdict, bounded, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    sources: HashMap<MessageId, PeerId>,
    deadlines: VecDeque<(Instant, MessageId)>,
}

impl Verdicts {
    /// Enters a message; `false` if there is no room for it.
    pub(crate) fn enter(&mut self, id: MessageId, source: PeerId, now: Instant) -> bool {
        if self.sources.len() >= VERDICTS_PENDING_MAX || self.deadlines.len() >= 2 * VERDICTS_PENDING_MAX {
            return false;
        }
        self.deadlines.push_back((now + VERDICT_TIMEOUT, id.clone()));
        self.sources.insert(id, source);
        true
    }

    /// Takes a message out to judge it; `false` if it was judged already.
    pub(crate) fn take(&mut self, id: &MessageId) -> bool {
        self.sources.remove(id).is_some()
    }

    /// Takes out one message whose time is over.
    pub(crate) fn expired(&mut self, now: Instant) -> Option<(MessageId, PeerId)> {
        while self.deadlines.front().is_some_and(|(deadline, _)| *deadline <= now) {
            let (_, id) = self.deadlines.pop_front()?;
            if let Some(source) = self.sources.remove(&id) {
                return Some((id, source));
            }
        }
        None
    }
}

/// Gossipsub's word for a verdict.
pub(crate) fn acceptance(verdict: crate::Verdict) -> MessageAcceptance {
    match verdict {
        crate::Verdict::Accept => MessageAcceptance::Accept,
        crate::Verdict::Reject => MessageAcceptance::Reject,
        crate::Verdict::Ignore => MessageAcceptance::Ignore,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> MessageId {
        MessageId::new(&number.to_be_bytes())
    }

    #[test]
    fn scoring_parameters_are_consistent() {
        let topic = topic("0123456789abcdef");
        for same_ip in [true, false] {
            score(&topic, same_ip).validate().unwrap();
        }
        thresholds().validate().unwrap();
    }

    #[test]
    fn each_message_is_taken_once() {
        let (mut verdicts, now, peer) = (Verdicts::default(), Instant::now(), PeerId::random());
        assert!(verdicts.enter(id(1), peer, now));
        assert!(verdicts.enter(id(2), peer, now));
        assert!(verdicts.take(&id(1)));
        assert!(!verdicts.take(&id(1)));
        assert_eq!(verdicts.expired(now), None);
        let late = now + VERDICT_TIMEOUT;
        assert_eq!(verdicts.expired(late), Some((id(2), peer)));
        assert_eq!(verdicts.expired(late), None);
        assert!(!verdicts.take(&id(2)));
    }

    #[test]
    fn the_table_is_bounded() {
        let (mut verdicts, now, peer) = (Verdicts::default(), Instant::now(), PeerId::random());
        let entered = (0..5 * VERDICTS_PENDING_MAX).filter(|n| verdicts.enter(id(*n), peer, now)).count();
        assert_eq!(entered, VERDICTS_PENDING_MAX);
        for number in 0..5 * VERDICTS_PENDING_MAX {
            verdicts.take(&id(number));
            verdicts.enter(id(number), peer, now);
        }
        assert!(verdicts.deadlines.len() <= 2 * VERDICTS_PENDING_MAX);
    }
}
