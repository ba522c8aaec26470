//! The wall clock, which the core is told and never asks.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// While the system's clock is behind what was told before, time passes at this part of its speed. A guess: deadlines
/// and retries still come, and the clocks meet.
const SLOWED: u32 = 2;
/// A clock that goes back by more than this is said, milliseconds: the bound for witnesses (PROTOCOL section 2). Less
/// is what time daemons do every day.
const BACK_MS: u64 = 1000 * vantage_protocol::params::CLOCK_AHEAD_S_MAX;

/// POSIX milliseconds; 0 for a clock before 1970.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A clock that never goes back while the process lives. Timers that wait for a time would wait for as long as the
/// system's clock was set back; so until it has caught up time passes slowly.
#[derive(Debug)]
pub(crate) struct Clock {
    told_ms: u64,
    at: Instant,
    behind: bool,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { told_ms: now_ms(), at: Instant::now(), behind: false }
    }

    /// POSIX milliseconds, not below any that was told before.
    pub(crate) fn now_ms(&mut self) -> u64 {
        self.told(now_ms(), Instant::now())
    }

    fn told(&mut self, system_ms: u64, at: Instant) -> u64 {
        let passed = at.saturating_duration_since(self.at) / SLOWED;
        if system_ms >= self.told_ms {
            (self.told_ms, self.at) = (system_ms, at);
        } else if passed >= Duration::from_millis(1) {
            self.told_ms = self.told_ms.saturating_add(u64::try_from(passed.as_millis()).unwrap_or(u64::MAX));
            self.at = at;
        }
        self.told_ms
    }

    /// By how much the system's clock is behind what was told, seconds, if that is worth a word.
    pub(crate) fn behind_s(&self) -> Option<u64> {
        let behind_ms = self.told_ms.saturating_sub(now_ms());
        (behind_ms > BACK_MS).then_some(behind_ms / 1000)
    }

    /// The same, but only when it has just begun.
    pub(crate) fn went_back_s(&mut self) -> Option<u64> {
        let behind = self.behind_s();
        let before = std::mem::replace(&mut self.behind, behind.is_some());
        behind.filter(|_| !before)
    }
}

/// By how much the system's clock is behind the latest time that an earlier life acted on, seconds, if that is more than
/// a time daemon corrects.
pub(crate) fn behind_earlier_life_s(stored_s: u64) -> Option<u64> {
    let behind_s = stored_s.saturating_sub(now_ms() / 1000);
    (behind_s > BACK_MS / 1000).then_some(behind_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_goes_back_and_never_stands_still() {
        let start = Instant::now();
        let after = |seconds: u64| start + Duration::from_secs(seconds);
        let mut clock = Clock { told_ms: 1_000_000, at: start, behind: false };
        assert_eq!(clock.told(1_010_000, after(10)), 1_010_000);
        assert_eq!(clock.told(990_000, after(10)), 1_010_000, "set back by 20 s");
        assert_eq!(clock.told(1_000_000, after(20)), 1_015_000, "half as fast");
        assert_eq!(clock.told(1_030_000, after(50)), 1_030_000, "it has caught up");
        assert_eq!(clock.told(1_040_000, after(60)), 1_040_000);
        assert_eq!(clock.told(u64::MAX, after(61)), u64::MAX);
        assert_eq!(clock.told(0, after(1_000_000)), u64::MAX, "no overflow");
    }

    #[test]
    fn only_a_long_way_back_is_said_and_said_once() {
        let mut clock = Clock { told_ms: now_ms() + 10_000, at: Instant::now(), behind: false };
        assert_eq!((clock.behind_s(), clock.went_back_s()), (None, None));
        clock.told_ms = now_ms() + BACK_MS + 10_000;
        assert!((69..=70).contains(&clock.went_back_s().unwrap()));
        assert_eq!(clock.went_back_s(), None);
        assert!(clock.behind_s().is_some());
        assert!(behind_earlier_life_s(now_ms() / 1000 + 3600).unwrap() >= 3599);
        assert_eq!(behind_earlier_life_s(now_ms() / 1000 + 30), None);
    }
}
