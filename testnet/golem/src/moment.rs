//! Times as the daemon writes them.

use time::OffsetDateTime;

/// Now, as `2026-11-26T10:00:00.123456Z`.
pub(crate) fn now() -> String {
    format!("{}Z", without_zone(OffsetDateTime::now_utc()))
}

/// So many seconds from now, in the same form.
pub(crate) fn in_seconds(seconds: i64) -> String {
    format!("{}Z", without_zone(OffsetDateTime::now_utc() + time::Duration::seconds(seconds)))
}

/// Now without a zone, as events of an activity have it.
pub(crate) fn naive_now() -> String {
    without_zone(OffsetDateTime::now_utc())
}

/// Seconds since 1970.
pub(crate) fn unix_now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

fn without_zone(t: OffsetDateTime) -> String {
    let (year, month, day) = (t.year(), u8::from(t.month()), t.day());
    let (hour, minute, second, micro) = (t.hour(), t.minute(), t.second(), t.microsecond());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micro:06}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_as_the_daemon_writes_it() {
        let t = OffsetDateTime::from_unix_timestamp_nanos(1_764_151_205_000_123_456).unwrap();
        assert_eq!(without_zone(t), "2025-11-26T10:00:05.000123");
        assert!(now().ends_with('Z') && naive_now().len() + 1 == now().len());
    }
}
