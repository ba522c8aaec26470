//! A span of the day, UTC.

use std::fmt;
use std::str::FromStr;

/// Minutes of a day.
const DAY_MIN: u32 = 24 * 60;

/// From one minute of the day up to another, which may be on the next day: `22:00-06:00`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hours {
    from_min: u32,
    to_min: u32,
}

impl Hours {
    /// Whether a moment, POSIX seconds, lies within. The end does not belong to the span.
    pub fn contain(&self, at_s: u64) -> bool {
        let minute = (at_s / 60 % u64::from(DAY_MIN)) as u32;
        if self.from_min < self.to_min {
            (self.from_min..self.to_min).contains(&minute)
        } else {
            minute >= self.from_min || minute < self.to_min
        }
    }
}

impl FromStr for Hours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no span of hours such as \"22:00-06:00\"");
        let (from, to) = text.split_once('-').ok_or_else(wrong)?;
        let from_min = minute(from).filter(|minute| *minute < DAY_MIN).ok_or_else(wrong)?;
        let to_min = minute(to).ok_or_else(wrong)?;
        if from_min == to_min {
            return Err(format!("{text:?} is empty; for the whole day leave it out"));
        }
        Ok(Self { from_min, to_min })
    }
}

/// `HH:MM`, up to 24:00.
fn minute(text: &str) -> Option<u32> {
    let (hour, minute) = text.trim().split_once(':')?;
    let digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(hour) || !digits(minute) {
        return None;
    }
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    (minute < 60 && hour * 60 + minute <= DAY_MIN).then_some(hour * 60 + minute)
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.from_min, self.to_min);
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> u64 {
        // a day in the middle of somewhere
        20_000 * 86_400 + u64::from(minute(text).unwrap()) * 60 + 59
    }

    #[test]
    fn spans_may_go_over_midnight() {
        for (span, inside, outside) in [
            ("09:00-17:30", vec!["09:00", "12:00", "17:29"], vec!["08:59", "17:30", "00:00"]),
            ("22:00-06:00", vec!["22:00", "23:59", "00:00", "05:59"], vec!["06:00", "21:59", "12:00"]),
            ("00:00-24:00", vec!["00:00", "23:59"], vec![]),
            ("23:59-00:00", vec!["23:59"], vec!["00:00", "23:58"]),
        ] {
            let hours: Hours = span.parse().unwrap();
            assert_eq!(hours.to_string(), span);
            assert!(inside.iter().all(|text| hours.contain(at(text))), "{span}");
            assert!(!outside.iter().any(|text| hours.contain(at(text))), "{span}");
        }
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for text in
            ["", "9-17", "09:00", "25:00-26:00", "09:60-10:00", "24:00-01:00", "09:00-09:00", "+9:00-10:00"]
        {
            assert!(text.parse::<Hours>().is_err(), "{text}");
        }
    }
}
