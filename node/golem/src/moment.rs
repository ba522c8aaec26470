//! Times: as the daemon writes them, and as we count them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The least time between two questions: a daemon that answers at once must not be asked without a pause.
pub(crate) const POLL_GAP: Duration = Duration::from_millis(100);
/// Before anything happened.
pub(crate) const EPOCH: &str = "1970-01-01T00:00:00Z";

/// Now, POSIX milliseconds.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// RFC 3339 with milliseconds.
pub(crate) fn text(at_ms: u64) -> String {
    let nanos = i128::from(at_ms) * 1_000_000;
    let at = OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    at.format(&Rfc3339).unwrap_or_else(|_| EPOCH.to_owned())
}

/// POSIX milliseconds of an RFC 3339 text.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    u64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()
}

/// What is left until a time.
pub(crate) fn until(at_ms: u64) -> Duration {
    Duration::from_millis(at_ms.saturating_sub(now_ms()))
}

/// Whole milliseconds.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back_as_they_were() {
        assert_eq!(text(1_795_690_537_123), "2026-11-26T10:55:37.123Z");
        assert_eq!(parse("2026-11-26T10:55:37.123Z"), Some(1_795_690_537_123));
        assert_eq!(parse("2026-11-26T10:55:37.123000Z"), Some(1_795_690_537_123));
        assert_eq!(parse("x"), None);
    }
}
