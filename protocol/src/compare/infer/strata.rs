//! Answers dealt out anew within each prompt: do more of the one side say yes than chance would deal it?
//!
//! Within a stratum (a prompt, or an operator's answers to it) all ways to choose which answers are the first side's are
//! equally likely where regions do not matter. How many of those say yes follows a hypergeometric distribution, and the sum over
//! strata its convolution: the exact test of Mantel and Haenszel.

use super::chance::Chance;
use serde::{Deserialize, Serialize};

/// Answers of one stratum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stratum {
    /// Answers on the first and the second side.
    pub answers: [u32; 2],
    /// Those of them that say yes.
    pub yes: [u32; 2],
}

/// Weights are kept in 2^-FRACTION, rounded up.
const FRACTION: u32 = 90;
/// Answers of one side of a stratum: binomials of twice as many fit 64 bits.
const ANSWERS_MAX: u32 = 32;
/// Steps that an exact answer may take.
const STEPS_MAX: u64 = 1 << 24;

/// Twice the chance that dealing the answers out anew within strata gives the first side as many that say yes as it has,
/// or more; or as few, or fewer: whichever is rarer. None where a stratum is too large or the strata are too many.
pub fn strata_chance(strata: &[Stratum]) -> Option<Chance> {
    let mut ways = vec![1_u128 << FRACTION];
    let mut observed = 0_usize;
    let mut steps = 0_u64;
    for stratum in strata {
        let [n, m] = stratum.answers;
        let yes = stratum.yes[0].checked_add(stratum.yes[1])?;
        if n > ANSWERS_MAX || m > ANSWERS_MAX || stratum.yes[0] > n || stratum.yes[1] > m {
            return None;
        }
        let (fewest, most) = (yes.saturating_sub(m), yes.min(n));
        observed += (stratum.yes[0] - fewest) as usize;
        let all = choose(n + m, n);
        let weights: Vec<u128> = (fewest..=most)
            .map(|at| u128::from(choose(yes, at)) * u128::from(choose(n + m - yes, n - at)))
            .collect();
        steps = steps.checked_add(ways.len() as u64 * weights.len() as u64)?;
        if steps > STEPS_MAX {
            return None;
        }
        let mut next = vec![0_u128; ways.len() + weights.len() - 1];
        for (at, way) in ways.iter().enumerate() {
            for (more, weight) in weights.iter().enumerate() {
                if let Some(next) = next.get_mut(at + more) {
                    *next += portion(*way, *weight, u128::from(all));
                }
            }
        }
        ways = next;
    }
    let (low, high) = (ways.get(..=observed)?, ways.get(observed..)?);
    let rarer = low.iter().sum::<u128>().min(high.iter().sum());
    Some(Chance::of(rarer.saturating_mul(2), 1 << FRACTION))
}

/// `way * weight / all`, rounded up; `weight` is at most `all`, which is below 2^64.
fn portion(way: u128, weight: u128, all: u128) -> u128 {
    let (whole, rest) = (way / all, way % all);
    whole * weight + (rest * weight).div_ceil(all)
}

/// Ways to choose `k` of `n`, exact for `n` up to 64; 0 beyond.
pub fn choose(n: u32, k: u32) -> u64 {
    CHOOSE.get(n as usize).and_then(|row| row.get(k as usize)).copied().unwrap_or(0)
}

/// Pascal's triangle.
static CHOOSE: [[u64; 65]; 65] = triangle();

const fn triangle() -> [[u64; 65]; 65] {
    let mut rows = [[0; 65]; 65];
    let mut n = 0;
    while n < 65 {
        rows[n][0] = 1;
        let mut k = 1;
        while k <= n {
            rows[n][k] = rows[n - 1][k - 1] + rows[n - 1][k];
            k += 1;
        }
        n += 1;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_stratum_is_fishers_exact_test() {
        let chance = |answers, yes| strata_chance(&[Stratum { answers, yes }]).unwrap().parts();
        // twice scipy.stats.hypergeom.sf(3, 8, 4, 4), and of a table of 12 and 9
        assert_eq!(chance([4, 4], [4, 0]), 28_571_428_572);
        assert_eq!(chance([4, 4], [2, 2]), 1_000_000_000_000);
        assert_eq!(chance([12, 9], [10, 2]), 16_908_787_807);
    }

    #[test]
    fn strata_add_up() {
        let one = Stratum { answers: [2, 2], yes: [2, 0] };
        let same = Stratum { answers: [3, 5], yes: [3, 5] };
        // both, or none, of two strata of 6 ways each
        assert_eq!(strata_chance(&[one, one]), Some(Chance::of(2, 36)));
        assert_eq!(strata_chance(&[one, same, one]), strata_chance(&[one, one]));
        assert_eq!(strata_chance(&[]), Some(Chance::ONE));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (answers, yes) in [([2, 2], [3, 0]), ([2, 2], [0, 3]), ([33, 2], [0, 0])] {
            assert_eq!(strata_chance(&[Stratum { answers, yes }]), None);
        }
    }

    #[test]
    fn ways_to_choose() {
        assert_eq!([choose(16, 8), choose(5, 0), choose(3, 4)], [12_870, 1, 0]);
        assert_eq!(choose(64, 32), 1_832_624_140_942_590_534);
    }
}
