//! Signs flipped: is a sum of differences further from 0 than their signs alone would bring it?
//!
//! Each difference belongs to a unit that stands on both sides: an operator that put one prompt in both regions, or all
//! prompts of a whole operator. Where regions do not matter, each difference is as likely as its negative, each unit by
//! itself, so all 2^n ways to set the signs are equally likely.

use super::chance::Chance;

/// Weights are kept in 2^-FRACTION, rounded up.
const FRACTION: u32 = 100;
/// Steps that an exact answer may take: 30 ms of one core at most. What takes more is drawn.
pub const FLIP_STEPS_MAX: u64 = 1 << 24;

/// The exact two-sided chance that the sum of `differences`, each with a sign of its own, lies as far from 0 as it does or
/// further. None where that takes more than [`FLIP_STEPS_MAX`] steps.
pub fn flip_chance(differences: &[i64]) -> Option<Chance> {
    let sizes: Vec<u64> = differences.iter().map(|d| d.unsigned_abs()).filter(|size| *size > 0).collect();
    let divisor = sizes.iter().copied().fold(0, gcd).max(1);
    let sizes: Vec<u64> = sizes.iter().map(|size| size / divisor).collect();
    let total: u64 = sizes.iter().try_fold(0_u64, |sum, size| sum.checked_add(*size))?;
    let steps = (sizes.len() as u64).checked_mul(total)?;
    if steps > FLIP_STEPS_MAX {
        return None;
    }
    let sum = differences.iter().try_fold(0_i64, |sum, d| sum.checked_add(*d))?.unsigned_abs() / divisor;
    // how much of all ways has so large a sum of the sizes with a plus: a way's sum is twice that less the total
    let mut ways = vec![0_u128; usize::try_from(total).ok()? + 1];
    *ways.first_mut()? = 1 << FRACTION;
    let mut reached = 0;
    for size in sizes {
        let size = usize::try_from(size).ok()?;
        reached += size;
        for at in (0..=reached).rev() {
            let without = ways.get(at).copied().unwrap_or(0);
            let with = at.checked_sub(size).and_then(|at| ways.get(at)).copied().unwrap_or(0);
            if let Some(way) = ways.get_mut(at) {
                *way = (without + with).div_ceil(2);
            }
        }
    }
    let far = ways.iter().enumerate().filter(|(plus, _)| (2 * *plus as u64).abs_diff(total) >= sum);
    Some(Chance::of(far.map(|(_, way)| way).sum(), 1 << FRACTION))
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All ways, one by one.
    fn counted(differences: &[i64]) -> Chance {
        let sum = differences.iter().sum::<i64>().abs();
        let ways = 1_u32 << differences.len();
        let far = (0..ways).filter(|signs| {
            let signed = |(at, d): (usize, &i64)| if signs >> at & 1 == 1 { *d } else { -*d };
            differences.iter().enumerate().map(signed).sum::<i64>().abs() >= sum
        });
        Chance::of(far.count() as u128, ways.into())
    }

    #[test]
    fn all_ways_are_counted() {
        for differences in [
            &[][..],
            &[0],
            &[3],
            &[1, 1, 1],
            &[4, -4],
            &[5, 2, -1, 0, 7, 3],
            &[-2, -2, -2, -2, -2, -2, -2, -2, 4],
            &[720_720, 360_360, -1_081_080, 720_720],
        ] {
            assert_eq!(flip_chance(differences), Some(counted(differences)), "{differences:?}");
        }
    }

    #[test]
    fn many_units_come_out_as_the_binomial_says() {
        // 100 units, 65 of which go up: scipy.stats.binomtest(65, 100).pvalue
        let differences: Vec<i64> = (0..100).map(|n| if n < 65 { 1 } else { -1 }).collect();
        let chance = flip_chance(&differences).unwrap().parts();
        assert!(chance.abs_diff(3_517_641_723) <= 1, "{chance}");
    }

    #[test]
    fn what_takes_too_long_is_left_to_draws() {
        assert_eq!(
            flip_chance(&vec![1_000_001; 3].into_iter().chain(vec![7; 5000]).collect::<Vec<_>>()),
            None
        );
        assert_eq!(flip_chance(&[i64::MAX, i64::MAX, 1]), None);
    }
}
