//! Evidence of drift that compounds: a number by which a bet against "nothing changed" has grown.

use serde::{Deserialize, Serialize};

/// Bits of the fraction in which logarithms are kept.
const FRACTION: u32 = 32;

/// How much a bet has grown: the base-2 logarithm in 2^-32, rounded down. Multiplying evidence adds these.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Evidence(i64);

impl Evidence {
    /// What prompts that moved are worth: `up` of them one way and `down` the other. Where nothing changed each way is as likely,
    /// and the expected growth is at most one: `2^n / ((n + 1) C(n, up))` with n = up + down, the bet that spreads evenly over
    /// all probabilities.
    pub fn of_moves(up: u32, down: u32) -> Self {
        let moved = i64::from(up) + i64::from(down);
        let (few, all) = (up.min(down), u64::from(up) + u64::from(down));
        // log2 of (n + 1) C(n, few), each part rounded up
        let ways = (1..=u64::from(few))
            .fold(log2_up(all + 1), |sum, k| sum + log2_up(all - u64::from(few) + k) - log2_down(k));
        Self((moved << FRACTION) - ways)
    }

    /// Both together.
    pub fn and(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Whether it has grown `factor` times at least.
    pub fn reaches(self, factor: u64) -> bool {
        factor == 0 || self.0 >= log2_up(factor)
    }

    /// The base-2 logarithm in 2^-32.
    pub fn log2(self) -> i64 {
        self.0
    }
}

/// log2 of `n` in 2^-32, rounded down; 0 of 0.
fn log2_down(n: u64) -> i64 {
    let whole = 63 - n.max(1).leading_zeros();
    // the rest in [1, 2), in 2^-63; each bit of the logarithm by squaring
    let mut rest = u128::from(n.max(1)) << (63 - whole);
    let mut log = i64::from(whole);
    for _ in 0..FRACTION {
        rest = (rest * rest) >> 63;
        log <<= 1;
        if rest >> 64 > 0 {
            rest >>= 1;
            log += 1;
        }
    }
    log
}

/// The same, rounded up.
fn log2_up(n: u64) -> i64 {
    log2_down(n) + i64::from(!n.max(1).is_power_of_two())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(up: u32, down: u32) -> f64 {
        let (n, few) = (up + down, up.min(down));
        let choose: f64 = (0..few).map(|at| (f64::from(n - at) / f64::from(at + 1)).log2()).sum();
        f64::from(n) - f64::from(n + 1).log2() - choose
    }

    #[test]
    fn it_is_what_the_formula_says_rounded_down() {
        for (up, down) in [(0, 0), (1, 0), (0, 7), (12, 3), (40, 41), (300, 4), (1000, 900)] {
            let log2 = Evidence::of_moves(up, down).log2() as f64 / 4_294_967_296.0;
            let exact = exact(up, down);
            assert!(log2 <= exact + 1e-9 && log2 > exact - 1e-5, "{up} {down}: {log2} {exact}");
            assert_eq!(Evidence::of_moves(up, down), Evidence::of_moves(down, up));
        }
    }

    /// Ville's inequality stands on this: under "nothing changed" the mean growth is not above 1.
    #[test]
    fn the_expected_growth_is_not_above_one() {
        for n in 0..20_u32 {
            let mean: f64 = (0..1_u64 << n)
                .map(|ways| {
                    let up = ways.count_ones();
                    (Evidence::of_moves(up, n - up).log2() as f64 / 4_294_967_296.0).exp2()
                })
                .sum::<f64>()
                / (1_u64 << n) as f64;
            assert!(mean <= 1.0 + 1e-12 && mean > 0.9999, "{n}: {mean}");
        }
    }

    #[test]
    fn evidence_multiplies_and_reaches() {
        let one = Evidence::of_moves(10, 0);
        assert!(one.reaches(93) && !one.reaches(94), "1024 / 11 is 93.09");
        assert!(one.and(one).reaches(8_665) && !one.and(one).reaches(8_667));
        assert!(Evidence::default().reaches(1) && !Evidence::default().reaches(2));
        assert!(!one.and(Evidence::of_moves(5, 5)).reaches(93));
    }
}
