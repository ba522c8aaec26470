//! How long to wait before trying again: twice as long each time, between two bounds.

use std::time::Duration;

/// The wait after so many failures in a row, one or more.
pub fn after(failures: u32, first: Duration, longest: Duration) -> Duration {
    let factor = 1_u32.checked_shl(failures.saturating_sub(1)).filter(|factor| *factor != 0);
    factor.and_then(|factor| first.checked_mul(factor)).map_or(longest, |wait| wait.min(longest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn waits_double_up_to_a_bound() {
        let wait = |failures| after(failures, Duration::from_secs(1), Duration::from_secs(60)).as_secs();
        assert_eq!([0, 1, 2, 3, 6, 7, 40, u32::MAX].map(wait), [1, 1, 2, 4, 32, 60, 60, 60]);
    }

    proptest! {
        #[test]
        fn no_wait_is_out_of_bounds(failures: u32, first in 1..10_000u64, more in 0..100_000u64) {
            let (first, longest) = (Duration::from_millis(first), Duration::from_millis(first + more));
            let wait = after(failures, first, longest);
            prop_assert!(wait >= first && wait <= longest);
            prop_assert!(after(failures.saturating_add(1), first, longest) >= wait);
        }
    }
}
