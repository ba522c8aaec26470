//! How long to wait before the next attempt. Pure: time and chance come in as arguments.

use std::time::{Duration, SystemTime};

/// Exponential backoff with jitter, which gives way to what the server asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The wait after the first failed attempt, before jitter.
    pub base: Duration,
    /// The longest wait of our own choosing.
    pub cap: Duration,
    /// The longest `Retry-After` that is waited for.
    pub retry_after_max: Duration,
}

impl Backoff {
    /// The wait after failed attempt number `attempt` (from 1); `roll` is uniform over `u32`.
    ///
    /// Without `asked` the wait lies between half of `base * 2^(attempt - 1)`, at most `cap`, and all of it. With
    /// `asked` it is never shorter than what the server asked for, and up to `base` longer, so that attesters that
    /// were turned away together do not return together. `None`: the server asks for more than
    /// `retry_after_max`; calling earlier would be rude and in vain, so the attempt was the last one.
    pub fn wait(&self, attempt: u32, asked: Option<Duration>, roll: u32) -> Option<Duration> {
        let share = f64::from(roll) / f64::from(u32::MAX);
        match asked {
            Some(asked) if asked > self.retry_after_max => None,
            Some(asked) => Some(asked + self.base.mul_f64(share)),
            None => {
                let doubled = 2u32.saturating_pow(attempt.saturating_sub(1));
                let full = self.base.saturating_mul(doubled).min(self.cap);
                Some(full / 2 + (full / 2).mul_f64(share))
            }
        }
    }
}

/// What a `Retry-After` header asks for (RFC 9110, 10.2.3): seconds, with or without a fraction, or an HTTP date.
///
/// A date is measured against the server's own `Date` header where it sent one, so that a wrong clock here does not
/// matter, otherwise against `now`. A date in the past asks for no wait. `None`: the value is neither.
pub fn retry_after(value: &str, date: Option<&str>, now: SystemTime) -> Option<Duration> {
    seconds(value).or_else(|| {
        let until = http_date(value)?;
        let now = date.and_then(http_date).unwrap_or(now);
        Some(until.duration_since(now).unwrap_or(Duration::ZERO))
    })
}

/// What a `retry-after-ms` header asks for: milliseconds, with or without a fraction. It goes before `Retry-After`, as in
/// the clients of the vendors who send it.
pub fn retry_after_ms(value: &str) -> Option<Duration> {
    units(value, 1.0)
}

/// Seconds, rounded up to a millisecond: nobody is called earlier than asked.
pub(crate) fn seconds(text: &str) -> Option<Duration> {
    units(text, 1000.0)
}

/// A number of units of so many milliseconds; whatever is too long for a duration is the longest.
fn units(text: &str, unit_ms: f64) -> Option<Duration> {
    let text = text.trim();
    if !text.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    Some(Duration::from_millis((number * unit_ms).ceil() as u64))
}

/// An HTTP date, also where its zone is written as in e-mail.
fn http_date(text: &str) -> Option<SystemTime> {
    let text = text.trim();
    let parsed = httpdate::parse_http_date(text).ok();
    parsed.or_else(|| {
        let (date, zone) = text.rsplit_once(' ')?;
        let is_utc =
            ["GMT", "UTC", "UT", "Z", "+0000", "-0000"].iter().any(|utc| utc.eq_ignore_ascii_case(zone));
        httpdate::parse_http_date(&format!("{} GMT", is_utc.then_some(date)?)).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        base: Duration::from_millis(100),
        cap: Duration::from_millis(1500),
        retry_after_max: Duration::from_secs(60),
    };

    #[test]
    fn waits_double_up_to_the_cap_and_jitter_only_shortens_by_half() {
        let longest: Vec<u128> =
            (1..=6).map(|attempt| BACKOFF.wait(attempt, None, u32::MAX).unwrap().as_millis()).collect();
        assert_eq!(longest, [100, 200, 400, 800, 1500, 1500]);
        let shortest: Vec<u128> =
            (1..=6).map(|attempt| BACKOFF.wait(attempt, None, 0).unwrap().as_millis()).collect();
        assert_eq!(shortest, [50, 100, 200, 400, 750, 750]);
        assert_eq!(BACKOFF.wait(u32::MAX, None, u32::MAX), Some(BACKOFF.cap));
    }

    #[test]
    fn the_server_is_never_called_earlier_than_it_asked() {
        let asked = Duration::from_secs(7);
        assert_eq!(BACKOFF.wait(1, Some(asked), 0), Some(asked));
        assert_eq!(BACKOFF.wait(1, Some(asked), u32::MAX), Some(asked + BACKOFF.base));
        assert_eq!(BACKOFF.wait(1, Some(Duration::from_secs(61)), 0), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(retry_after(" 120 ", None, now), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("0", None, now), Some(Duration::ZERO));
        let date = "Sun, 06 Nov 1994 08:50:37 GMT";
        assert_eq!(retry_after(date, None, now), Some(Duration::from_secs(60)));
        assert_eq!(
            retry_after(date, Some("Sun, 06 Nov 1994 08:50:30 GMT"), now),
            Some(Duration::from_secs(7))
        );
        assert_eq!(retry_after("Tue, 06 Nov 1990 08:49:37 GMT", None, now), Some(Duration::ZERO));
        for zone in ["UTC", "+0000", "gmt"] {
            assert_eq!(
                retry_after(&date.replace("GMT", zone), Some(date), now),
                Some(Duration::ZERO),
                "{zone}"
            );
        }
        for junk in
            ["", "soon", "-3", "1.5.", "1,5", "inf", "NaN", "2s", "\u{661}", "Sun, 06 Nov 1994 08:50:37 EST"]
        {
            assert_eq!(retry_after(junk, None, now), None, "{junk}");
        }
        for endless in ["99999999999999999999999", "1e999"] {
            assert!(retry_after(endless, None, now).unwrap() > BACKOFF.retry_after_max);
            assert!(retry_after_ms(endless).unwrap() > BACKOFF.retry_after_max);
        }
    }

    #[test]
    fn fractions_are_rounded_up_and_never_down() {
        let now = SystemTime::UNIX_EPOCH;
        for (value, ms) in
            [("2.5", 2500), ("0.0001", 1), ("1.837906927", 1838), (".5", 500), ("3.", 3000), ("1e1", 10_000)]
        {
            assert_eq!(retry_after(value, None, now), Some(Duration::from_millis(ms)), "{value}");
        }
        for (value, ms) in [("2500", 2500), (" 0.1 ", 1), ("1500.5", 1501), ("0", 0)] {
            assert_eq!(retry_after_ms(value), Some(Duration::from_millis(ms)), "{value}");
        }
        for junk in ["", "-1", "2.5s", "soon", "Sun, 06 Nov 1994 08:50:37 GMT"] {
            assert_eq!(retry_after_ms(junk), None, "{junk}");
        }
    }
}
