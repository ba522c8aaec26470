//! Counters of the network task.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// Counts since the start; shared between the swarm's task, its connections and its handles.
        #[derive(Debug, Default)]
        pub(crate) struct Counters { $($(#[$doc])* pub(crate) $name: AtomicU64),+ }

        impl Counters {
            /// All of them by name.
            pub(crate) fn snapshot(&self) -> BTreeMap<&'static str, u64> {
                BTreeMap::from([$((stringify!($name), self.$name.load(Ordering::Relaxed))),+])
            }
        }
    };
}

counters! {
    /// Gossip messages handed to the caller.
    gossip_received,
    /// Gossip messages of ours that were sent.
    gossip_published,
    /// Gossip messages of ours that could not be sent (no peer, or a duplicate).
    gossip_unsent,
    /// Verdicts by kind.
    gossip_accepted,
    /// Verdict Reject.
    gossip_rejected,
    /// Verdict Ignore, given or for want of one.
    gossip_ignored,
    /// Of those, for want of a verdict in time or of room.
    gossip_unjudged,
    /// Requests handed to the caller.
    requests_received,
    /// Requests refused for want of room.
    requests_refused,
    /// Requests of ours that were sent.
    requests_sent,
    /// Requests of ours without an answer.
    requests_failed,
    /// Blocks received that somebody here wanted.
    blocks_received,
    /// Bytes of those.
    block_bytes_received,
    /// Blocks received that nobody here wanted.
    blocks_unwanted,
    /// Blocks sent to others.
    blocks_sent,
    /// Bytes of those.
    block_bytes_sent,
    /// Wants of others for blocks that were not here.
    wants_missed,
    /// Bitswap messages refused: oversized or malformed.
    bitswap_refused,
    /// Wants of others beyond what is remembered per peer.
    wants_dropped,
    /// Announcements of our roots that went out.
    announcements,
    /// Announcements that a DHT did not answer in time; they are made again in the next round.
    announcements_failed,
    /// Roots that were not announced because too many are provided.
    roots_refused,
    /// Commands lost because the task did not keep up.
    commands_dropped,
    /// Events lost because the caller did not keep up.
    events_dropped,
}

/// Adds one.
pub(crate) fn count(counter: &AtomicU64) {
    add(counter, 1);
}

/// Adds many.
pub(crate) fn add(counter: &AtomicU64, by: usize) {
    counter.fetch_add(by as u64, Ordering::Relaxed);
}
