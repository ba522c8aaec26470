//! Times as people read them. Everywhere else a time is a number of POSIX seconds.

/// Seconds of a day.
const DAY_S: u64 = 86_400;
/// The first second of the year 10000, which has a digit too many.
const FAR_S: u64 = 253_402_300_800;

/// A time as a date with its zone, and beside it the seconds: `2025-06-15 15:06:40 UTC (1750000000)`.
pub fn utc(posix_s: u64) -> String {
    if posix_s >= FAR_S {
        return format!("{posix_s} s after 1970");
    }
    let (days, second) = (posix_s / DAY_S, posix_s % DAY_S);
    // years begin in March here, so that a leap day is a year's last
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (date, from_march) = (day - (153 * month + 2) / 5 + 1, month);
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = 400 * era + year + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{date:02} {hour:02}:{minute:02}:{second:02} UTC ({posix_s})")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From GNU date.
    #[test]
    fn dates_are_those_of_the_calendar() {
        for (posix_s, date) in [
            (0, "1970-01-01 00:00:00 UTC (0)"),
            (951_782_399, "2000-02-28 23:59:59 UTC (951782399)"),
            (951_782_400, "2000-02-29 00:00:00 UTC (951782400)"),
            (1_750_000_000, "2025-06-15 15:06:40 UTC (1750000000)"),
            (1_835_395_199, "2028-02-28 23:59:59 UTC (1835395199)"),
            (1_835_481_600, "2028-03-01 00:00:00 UTC (1835481600)"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC (4107542400)"),
            (253_402_300_799, "9999-12-31 23:59:59 UTC (253402300799)"),
            (253_402_300_800, "253402300800 s after 1970"),
            (u64::MAX, "18446744073709551615 s after 1970"),
        ] {
            assert_eq!(utc(posix_s), date);
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let date = |day: u64| utc(day * DAY_S)[..10].to_owned();
        let numbers =
            |date: &str| -> Vec<u32> { date.split('-').map(|part| part.parse().unwrap()).collect() };
        for day in 0..60_000 {
            let (before, after) = (numbers(&date(day)), numbers(&date(day + 1)));
            assert!(
                before < after && (1..=12).contains(&after[1]) && (1..=31).contains(&after[2]),
                "{after:?}"
            );
            let steps = [after[0] - before[0], u32::from(after[1] != before[1])];
            assert!(after[2] == before[2] + 1 || (after[2] == 1 && steps[0] + steps[1] > 0), "{after:?}");
        }
    }
}
