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

/// Seconds from which on a number is no wait but a time, in Unix seconds: a wait of thirty years is none.
const TIME_S_MIN: u64 = 1_000_000_000;

/// Milliseconds in the units that servers write waits in.
const UNITS: [(f64, &[&str]); 5] = [
    (1.0, &["ms", "msec", "msecs", "millisecond", "milliseconds"]),
    (1e3, &["s", "sec", "secs", "second", "seconds"]),
    (6e4, &["m", "min", "mins", "minute", "minutes"]),
    (3.6e6, &["h", "hr", "hrs", "hour", "hours"]),
    (8.64e7, &["d", "day", "days"]),
];

/// What a `Retry-After` header asks for (RFC 9110, 10.2.3): seconds, or a date. Fractions, units, quotes, and dates as
/// e-mail, RFC 3339 or Unix write them are understood, too. Of several on one line, as proxies join them, the longest counts.
///
/// A date is measured against the server's own `Date` header where it sent one, so that a wrong clock here does not
/// matter, otherwise against `now`. A date in the past asks for no wait. `None`: the value is neither.
pub fn retry_after(value: &str, date: Option<&str>, now: SystemTime) -> Option<Duration> {
    let now = date.and_then(time).unwrap_or(now);
    let until = |until: SystemTime| until.duration_since(now).unwrap_or(Duration::ZERO);
    let one = |value: &str| match alone(value, 1000.0) {
        Some(wait) if wait.as_secs() < TIME_S_MIN => Some(wait),
        Some(wait) => Some(SystemTime::UNIX_EPOCH.checked_add(wait).map_or(wait, until)),
        None => time(value).map(until),
    };
    // a date has a comma of its own
    one(value).max(value.split(',').filter_map(one).max())
}

/// What a `retry-after-ms` header asks for: milliseconds, with or without a fraction. It goes before `Retry-After`, as in
/// the clients of the vendors who send it.
pub fn retry_after_ms(value: &str) -> Option<Duration> {
    wait(value, 1.0)
}

/// Seconds, or other units that are named, rounded up to a millisecond: nobody is called earlier than asked.
pub(crate) fn seconds(text: &str) -> Option<Duration> {
    wait(text, 1000.0)
}

/// The wait that a text begins with. A number alone is none, unless nothing follows it: it may be of something else.
pub(crate) fn leading(text: &str) -> Option<Duration> {
    let (ms, rest) = clock(text).or_else(|| measure(text, None)).or_else(|| {
        let (ms, rest) = measure(text, Some(1000.0))?;
        rest.trim_start_matches('.').chars().next().is_none_or(char::is_control).then_some((ms, rest))
    })?;
    (!rest.starts_with(char::is_alphanumeric)).then_some(rounded_up(ms))
}

/// A wait that is all of a text, or the longest of those that commas part; a number alone is of units of so many
/// milliseconds.
fn wait(text: &str, unit_ms: f64) -> Option<Duration> {
    let longest = text.split(',').filter_map(|one| alone(one, unit_ms)).max();
    alone(text, unit_ms).max(longest)
}

/// A wait that is all of a text but for what follows a semicolon, as parameters do in headers.
fn alone(text: &str, unit_ms: f64) -> Option<Duration> {
    let text = unquoted(text.split_once(';').map_or(text, |(wait, _)| wait));
    if let Some((ms, "")) = clock(text) {
        return Some(rounded_up(ms));
    }
    let (ms, rest) = measure(text.strip_prefix('+').unwrap_or(text), Some(unit_ms))?;
    rest.is_empty().then(|| rounded_up(ms))
}

/// Whatever is too long for a duration is the longest.
fn rounded_up(ms: f64) -> Duration {
    Duration::from_millis(ms.ceil() as u64)
}

/// The milliseconds that a text begins with, one number (`2.5`) or several with their units (`1m 2.5s`), and what follows.
fn measure(text: &str, unit_ms: Option<f64>) -> Option<(f64, &str)> {
    let (mut number, mut rest) = leading_number(text)?;
    let Some((mut factor, mut behind)) = leading_unit(rest) else {
        return Some((number * unit_ms?, rest));
    };
    let mut ms = 0.0;
    loop {
        ms += number * factor;
        rest = behind;
        let more = behind.trim_start_matches([' ', ',']);
        let more = more.strip_prefix("and ").unwrap_or(more);
        let next = leading_number(more).and_then(|(number, rest)| Some((number, leading_unit(rest)?)));
        match next {
            Some(next) => (number, (factor, behind)) = next,
            None => return Some((ms, rest)),
        }
    }
}

/// The milliseconds of the hours, minutes and seconds that a text begins with, `00:00:02`, and what follows.
fn clock(text: &str) -> Option<(f64, &str)> {
    let (hours, rest) = leading_number(text)?;
    let (minutes, rest) = leading_number(rest.strip_prefix(':')?)?;
    let (seconds, rest) = leading_number(rest.strip_prefix(':')?)?;
    let is_clock = hours.fract() == 0.0 && minutes.fract() == 0.0 && minutes < 60.0 && seconds < 60.0;
    is_clock.then_some((hours * 3.6e6 + minutes * 6e4 + seconds * 1e3, rest))
}

/// The number from 0 that a text begins with, and what follows it.
fn leading_number(text: &str) -> Option<(f64, &str)> {
    let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mut end = digits(text);
    if let Some(fraction) = text.get(end..)?.strip_prefix('.') {
        end += 1 + digits(fraction);
    }
    if let Some(exponent) = text.get(end..)?.strip_prefix(['e', 'E']) {
        let unsigned = exponent.trim_start_matches(['+', '-']);
        let length = exponent.len() - unsigned.len() + digits(unsigned);
        end += if digits(unsigned) > 0 { 1 + length } else { 0 };
    }
    let (number, rest) = text.split_at_checked(end)?;
    Some((number.parse().ok()?, rest))
}

/// The unit that a text begins with, in milliseconds, and what follows it.
fn leading_unit(text: &str) -> Option<(f64, &str)> {
    let text = text.trim_start_matches(' ');
    let (name, rest) =
        text.split_at_checked(text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len()))?;
    let is_named = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    UNITS.iter().find(|(_, names)| is_named(names)).map(|(ms, _)| (*ms, rest))
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(text).trim()
}

/// A time: an HTTP date, one as in e-mail, or one of RFC 3339.
fn time(text: &str) -> Option<SystemTime> {
    let text = unquoted(text);
    httpdate::parse_http_date(text).ok().or_else(|| mail_date(text)).or_else(|| rfc3339(text))
}

/// A date as in e-mail: with any zone that is a number, and whatever day of the week it names or leaves out.
fn mail_date(text: &str) -> Option<SystemTime> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let words: Vec<&str> = text.rsplit(',').next()?.split_ascii_whitespace().collect();
    let [day, month, year, time, zone] = words[..] else { return None };
    let month = MONTHS.iter().position(|known| known.eq_ignore_ascii_case(month))? + 1;
    let is_utc = ["GMT", "UTC", "UT"].iter().any(|utc| utc.eq_ignore_ascii_case(zone));
    rfc3339(&format!("{year}-{month:02}-{day:0>2}T{time}{}", if is_utc { "Z" } else { zone }))
}

/// A time of RFC 3339, without its fraction of a second.
fn rfc3339(text: &str) -> Option<SystemTime> {
    let number = |range: std::ops::Range<usize>| {
        text.get(range).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?.parse::<i64>().ok()
    };
    let is_laid_out = [(4, '-'), (7, '-'), (13, ':'), (16, ':')]
        .iter()
        .all(|(at, sign)| text.get(*at..).is_some_and(|rest| rest.starts_with(*sign)));
    let [year, month, day] = [number(0..4)?, number(5..7)?, number(8..10)?];
    let [hour, minute, second] = [number(11..13)?, number(14..16)?, number(17..19)?];
    let zone = text.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let east_s = if zone.eq_ignore_ascii_case("z") { 0 } else { offset_s(zone)? };
    if !is_laid_out || !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 {
        return None;
    }
    // days since 1 March of the year 0, in the proleptic Gregorian calendar
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    let unix_s = u64::try_from((days - 719_468) * 86_400 + hour * 3600 + minute * 60 + second).ok()?;
    shifted(SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(unix_s))?, east_s)
}

/// Seconds east of Greenwich of `+HHMM` or `+HH:MM`.
fn offset_s(zone: &str) -> Option<i64> {
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits = digits.replacen(':', "", 1);
    let number =
        digits.parse::<i64>().ok().filter(|_| digits.len() == 4 && !digits.starts_with(['+', '-']))?;
    Some(sign * (number / 100 * 3600 + number % 100 * 60))
}

fn shifted(time: SystemTime, east_s: i64) -> Option<SystemTime> {
    let by = Duration::from_secs(east_s.unsigned_abs());
    if east_s < 0 { time.checked_add(by) } else { time.checked_sub(by) }
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
        for zone in ["UTC", "+0000", "gmt", "-0000"] {
            assert_eq!(
                retry_after(&date.replace("GMT", zone), Some(date), now),
                Some(Duration::ZERO),
                "{zone}"
            );
        }
        for junk in [
            "",
            "soon",
            "-3",
            "1.5.",
            "inf",
            "NaN",
            "2x",
            "2 apples",
            "s",
            "\u{661}",
            "++3",
            "3 4",
            "\"3",
            "Sun, 06 Nov 1994 08:50:37 EST",
            "1994-11-06",
            "1994-13-06T08:50:37Z",
            "1994-11-06T08:50:37",
            "Sun, 06 Nov 1994 08:50:37 +100",
            "06 Nov 94 08:50:37 GMT",
            "06 Nov 1994 GMT",
        ] {
            assert_eq!(retry_after(junk, None, now), None, "{junk}");
        }
        for endless in ["99999999999999999999999", "1e999"] {
            assert!(retry_after(endless, None, now).unwrap() > BACKOFF.retry_after_max);
            assert!(retry_after_ms(endless).unwrap() > BACKOFF.retry_after_max);
        }
    }

    #[test]
    fn a_wait_is_understood_in_every_usual_form() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (value, ms) in [
            ("3s", 3000),
            ("\"3\"", 3000),
            ("'3'", 3000),
            ("+3", 3000),
            ("3 seconds", 3000),
            ("3 Sec", 3000),
            ("250ms", 250),
            ("1, 3", 3000),
            ("3,1", 3000),
            ("3, 3", 3000),
            ("soon, 3", 3000),
            ("2, Sun, 06 Nov 1994 08:49:40 GMT", 3000),
            ("Sun, 06 Nov 1994 08:49:40 GMT, Sun, 06 Nov 1994 08:49:38 GMT", 3000),
            ("3;comment", 3000),
            ("1;w=60, 3;w=60", 3000),
            ("00:00:03", 3000),
            ("1:00:03.5", 3_603_500),
            ("1m2.5s", 62_500),
            ("1h 1 min", 3_660_000),
            ("1 hour and 2 minutes", 3_720_000),
            ("784111780", 3000),
            ("784111780.5", 3500),
            ("1994-11-06T08:49:40Z", 3000),
            ("1994-11-06T09:49:40.25+01:00", 3000),
            ("Sun, 06 Nov 1994 09:49:40 +0100", 3000),
            ("Sun, 06 Nov 1994 03:49:40 -0500", 3000),
            ("Mon, 06 Nov 1994 08:49:40 GMT", 3000),
            ("6 nov 1994 08:49:40 UTC", 3000),
        ] {
            // a time is one from 2001 on
            let (value, now) = match value.strip_prefix("784111") {
                Some(rest) => (format!("1784111{rest}"), now + Duration::from_secs(1_000_000_000)),
                None => (value.to_owned(), now),
            };
            assert_eq!(retry_after(&value, None, now), Some(Duration::from_millis(ms)), "{value}");
        }
        let leap = retry_after("2024-02-29T12:00:00Z", Some("Thu, 29 Feb 2024 11:59:53 GMT"), now);
        assert_eq!(leap, Some(Duration::from_secs(7)));
    }

    #[test]
    fn a_servers_own_clock_is_what_its_dates_are_measured_by() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let (asked, ahead) = ("Sun, 06 Nov 1994 09:49:40 GMT", "Sun, 06 Nov 1994 09:49:37 GMT");
        for date in [ahead, "Sun, 06 Nov 1994 10:49:37 +0100", "1994-11-06T09:49:37Z"] {
            assert_eq!(retry_after(asked, Some(date), now), Some(Duration::from_secs(3)), "{date}");
        }
        assert_eq!(retry_after(asked, Some("today"), now), Some(Duration::from_secs(3603)));
    }

    #[test]
    fn a_sentence_begins_with_a_wait_or_does_not() {
        for (text, ms) in [
            ("3s. thank you", Some(3000)),
            ("7m12.5s.", Some(432_500)),
            ("26 seconds.\n", Some(26_000)),
            ("6ms", Some(6)),
            ("3.\n", Some(3000)),
            ("20", Some(20_000)),
            ("00:00:02.", Some(2000)),
            ("12:30", None),
            ("00:61:00", None),
            ("3 attempts", None),
            ("3 of 4", None),
            ("a few seconds", None),
            ("3sx", None),
            ("", None),
            ("2 minutes, please", Some(120_000)),
        ] {
            assert_eq!(leading(text), ms.map(Duration::from_millis), "{text}");
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
        for (value, ms) in [
            ("2500", 2500),
            (" 0.1 ", 1),
            ("1500.5", 1501),
            ("0", 0),
            ("2.5s", 2500),
            ("2500, 2500", 2500),
            ("1;x, 2500;x", 2500),
        ] {
            assert_eq!(retry_after_ms(value), Some(Duration::from_millis(ms)), "{value}");
        }
        for junk in ["", "-1", "soon", "Sun, 06 Nov 1994 08:50:37 GMT"] {
            assert_eq!(retry_after_ms(junk), None, "{junk}");
        }
    }
}
