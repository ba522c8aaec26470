//! The committee's clocks as heard through cosignatures, which are signed; nothing else counts.

use crate::id::NodeId;
use crate::params::{CLOCK_AHEAD_S_MAX, CLOCK_HEARD_S_MAX};
use std::collections::BTreeMap;

/// Latest times by which each member's witness key has signed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clocks {
    heard: BTreeMap<NodeId, Heard>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Heard {
    /// The latest date, however old it was when it got here.
    latest_s: u64,
    /// The latest date that came fresh from the member, and when that was.
    live: Option<Live>,
}

#[derive(Clone, Copy, Debug)]
struct Live {
    time_s: u64,
    at_ms: u64,
}

impl Clocks {
    /// Notes a verified cosignature's time, which may be any age. Says whether it is later than all
    /// before.
    pub(crate) fn hear(&mut self, member: NodeId, time_s: u64) -> bool {
        let known = self.heard.entry(member).or_default();
        let news = time_s > known.latest_s;
        known.latest_s = known.latest_s.max(time_s);
        news
    }

    /// The same of one that shows the member's clock as it is now: an answer to a question of ours, or
    /// the member's own line under its own head when it gossips it. Older ones change nothing, so
    /// replays move no clock.
    pub(crate) fn hear_live(&mut self, member: NodeId, time_s: u64, now_ms: u64) -> bool {
        let known = self.heard.entry(member).or_default();
        if time_s >= known.latest_s && known.live.is_none_or(|live| live.time_s < time_s) {
            known.live = Some(Live { time_s, at_ms: now_ms });
        }
        self.hear(member, time_s)
    }

    /// Latest time of this member's witness key.
    pub(crate) fn latest_s(&self, member: &NodeId) -> Option<u64> {
        self.heard.get(member).map(|h| h.latest_s)
    }

    /// Members whose witness key has signed a time after `deadline_s`.
    pub(crate) fn past(&self, deadline_s: u64) -> usize {
        self.heard.values().filter(|h| h.latest_s > deadline_s).count()
    }

    /// Members heard in the last minute.
    pub(crate) fn heard_lately(&self, now_ms: u64) -> usize {
        self.heard.values().filter_map(|h| lately(h, now_ms)).count()
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
            .filter(|(member, _)| *member != own)
            .filter_map(|(_, h)| lately(h, now_ms))
            .map(|live| live.time_s.saturating_add(now_ms.saturating_sub(live.at_ms) / 1000))
            .collect();
        clocks.sort_unstable();
        // of an even number the higher: it is the more lenient one
        clocks.get(clocks.len() / 2).copied()
    }
}

fn lately(heard: &Heard, now_ms: u64) -> Option<Live> {
    heard.live.filter(|live| now_ms.saturating_sub(live.at_ms) <= CLOCK_HEARD_S_MAX * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: NodeId = NodeId([0; 32]);
    const NOW_MS: u64 = 10_000_000;

    fn member(i: u8) -> NodeId {
        NodeId([i; 32])
    }

    #[test]
    fn old_dates_that_come_late_say_nothing_about_the_clock() {
        let mut clocks = Clocks::default();
        for i in 1..4 {
            clocks.hear(member(i), NOW_MS / 1000 - 300);
        }
        assert_eq!(clocks.ahead(&OWN, NOW_MS), None, "they are five minutes old, not five minutes behind");
        assert_eq!(clocks.past(NOW_MS / 1000 - 301), 3, "but they are past what lies before them");
    }

    #[test]
    fn live_dates_show_a_clock_that_is_ahead() {
        let mut clocks = Clocks::default();
        for i in 1..4 {
            clocks.hear_live(member(i), NOW_MS / 1000 - 90, NOW_MS);
        }
        assert_eq!(clocks.ahead(&OWN, NOW_MS), Some(90));
        // an older one that is heard again does not make a clock younger
        clocks.hear_live(member(1), NOW_MS / 1000 - 500, NOW_MS + 1000);
        assert_eq!(clocks.ahead(&OWN, NOW_MS + 1000), Some(90));
    }
}
