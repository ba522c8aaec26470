//! The committee's clocks as heard through cosignatures, which are signed; nothing else counts.

use crate::id::NodeId;
use crate::params::{CLOCK_AHEAD_S_MAX, CLOCK_HEARD_S_MAX};
use std::collections::BTreeMap;

/// Latest times by which each member's witness key has signed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clocks {
    heard: BTreeMap<NodeId, Heard>,
}

#[derive(Clone, Copy, Debug)]
struct Heard {
    time_s: u64,
    at_ms: u64,
}

impl Clocks {
    /// Notes a verified cosignature's time. Older ones change nothing, so replays move no clock.
    pub(crate) fn hear(&mut self, member: NodeId, time_s: u64, now_ms: u64) {
        let known = self.heard.entry(member).or_insert(Heard { time_s, at_ms: now_ms });
        if time_s > known.time_s {
            *known = Heard { time_s, at_ms: now_ms };
        }
    }

    /// Latest time of this member's witness key.
    pub(crate) fn latest_s(&self, member: &NodeId) -> Option<u64> {
        self.heard.get(member).map(|h| h.time_s)
    }

    /// Members whose witness key has signed a time after `deadline_s`.
    pub(crate) fn past(&self, deadline_s: u64) -> usize {
        self.heard.values().filter(|h| h.time_s > deadline_s).count()
    }

    /// Members heard in the last minute.
    pub(crate) fn heard_lately(&self, now_ms: u64) -> usize {
        self.heard.values().filter(|h| lately(h, now_ms)).count()
    }

    /// By how much `now` runs ahead of the median of the other members' clocks, if that is more than
    /// the bound.
    pub(crate) fn ahead(&self, own: &NodeId, now_ms: u64) -> Option<u64> {
        let ahead = (now_ms / 1000).saturating_sub(self.median_s(own, now_ms)?);
        (ahead > CLOCK_AHEAD_S_MAX).then_some(ahead)
    }

    /// `now` less the median of the other members' clocks, seconds.
    pub(crate) fn offset_s(&self, own: &NodeId, now_ms: u64) -> Option<i64> {
        let median = i64::try_from(self.median_s(own, now_ms)?).unwrap_or(i64::MAX);
        Some(i64::try_from(now_ms / 1000).unwrap_or(i64::MAX).saturating_sub(median))
    }

    /// Median of the other members' clocks heard lately, age-adjusted.
    fn median_s(&self, own: &NodeId, now_ms: u64) -> Option<u64> {
        let mut clocks: Vec<u64> = self
            .heard
            .iter()
            .filter(|(member, h)| *member != own && lately(h, now_ms))
            .map(|(_, h)| h.time_s.saturating_add(now_ms.saturating_sub(h.at_ms) / 1000))
            .collect();
        clocks.sort_unstable();
        // of an even number the higher: it is the more lenient one
        clocks.get(clocks.len() / 2).copied()
    }
}

fn lately(heard: &Heard, now_ms: u64) -> bool {
    now_ms.saturating_sub(heard.at_ms) <= CLOCK_HEARD_S_MAX * 1000
}
