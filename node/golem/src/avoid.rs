//! Whom not to hire for a while.

use crate::backoff;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a provider that failed is not hired again, at first and at most; doubled each time. Guesses: it may be
/// restarting, and it may be the only one there is.
const STAY: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(3600));

/// Providers that failed, how often, and until when each is avoided, POSIX milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Avoided(BTreeMap<String, (u32, u64)>);

impl Avoided {
    /// A provider failed.
    pub(crate) fn add(&mut self, provider: &str, now_ms: u64) {
        let (failures, until_ms) = self.0.entry(provider.to_owned()).or_default();
        *failures = failures.saturating_add(1);
        let stay = backoff::after(*failures, STAY.0, STAY.1);
        *until_ms = now_ms.saturating_add(u64::try_from(stay.as_millis()).unwrap_or(u64::MAX));
    }

    /// Whether a provider is avoided now.
    pub(crate) fn has(&self, provider: &str, now_ms: u64) -> bool {
        self.0.get(provider).is_some_and(|(_, until_ms)| now_ms < *until_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_avoided_longer_each_time_and_never_for_ever() {
        let mut avoided = Avoided::default();
        assert!(!avoided.has("a", 0));
        avoided.add("a", 1000);
        assert!(avoided.has("a", 60_999) && !avoided.has("a", 61_000) && !avoided.has("b", 2000));
        avoided.add("a", 61_000);
        assert!(avoided.has("a", 180_999) && !avoided.has("a", 181_000));
        for _ in 0..40 {
            avoided.add("a", 200_000);
        }
        assert!(avoided.has("a", 3_799_999) && !avoided.has("a", 3_800_000));
    }
}
