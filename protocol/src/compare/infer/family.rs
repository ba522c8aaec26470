//! Many contrasts at once: which may be called shown, which a candidate.

use super::chance::Chance;

/// Holm's adjusted chances: what is at most alpha here is shown at a family-wise error rate of alpha, whatever depends on
/// what. `tests` is how many the family has, at least as many as are given: those without a chance count, too.
pub fn holm(chances: &[Chance], tests: usize) -> Vec<Chance> {
    let mut order: Vec<usize> = (0..chances.len()).collect();
    order.sort_by_key(|at| chances.get(*at).copied());
    let tests = tests.max(chances.len());
    let mut adjusted = vec![Chance::ONE; chances.len()];
    let mut highest = Chance::from_parts(0);
    for (rank, at) in order.into_iter().enumerate() {
        let own = chances.get(at).copied().unwrap_or(Chance::ONE).times((tests - rank) as u64);
        highest = highest.max(own);
        if let Some(adjusted) = adjusted.get_mut(at) {
            *adjusted = highest;
        }
    }
    adjusted
}

/// Adjusted chances of Benjamini and Hochberg: of those that are at most q here, a share of q at most is expected to be
/// chance alone, where the tests do not depend on each other in an adverse way.
pub fn false_discovery(chances: &[Chance]) -> Vec<Chance> {
    let mut order: Vec<usize> = (0..chances.len()).collect();
    order.sort_by_key(|at| core::cmp::Reverse(chances.get(*at).copied()));
    let tests = chances.len();
    let mut adjusted = vec![Chance::ONE; tests];
    let mut lowest = Chance::ONE;
    for (from_last, at) in order.into_iter().enumerate() {
        let rank = (tests - from_last) as u128;
        let own = chances.get(at).copied().unwrap_or(Chance::ONE);
        let share = u128::from(own.parts()) * tests as u128;
        lowest = lowest.min(Chance::of(share, rank * u128::from(Chance::ONE.parts())));
        if let Some(adjusted) = adjusted.get_mut(at) {
            *adjusted = lowest;
        }
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chances(ppm: &[u64]) -> Vec<Chance> {
        ppm.iter().map(|ppm| Chance::from_parts(ppm * 1_000_000)).collect()
    }

    /// `statsmodels.stats.multitest.multipletests`, methods `holm` and `fdr_bh`.
    #[test]
    fn adjusted_as_statsmodels_adjusts() {
        let given = chances(&[10_000, 40_000, 30_000, 5_000, 500_000]);
        assert_eq!(holm(&given, 5), chances(&[40_000, 90_000, 90_000, 25_000, 500_000]));
        assert_eq!(false_discovery(&given), chances(&[25_000, 50_000, 50_000, 25_000, 500_000]));
    }

    #[test]
    fn what_could_not_be_tested_counts_in_the_family() {
        assert_eq!(holm(&chances(&[1_000]), 12), chances(&[12_000]));
        assert_eq!(holm(&chances(&[900_000, 800_000]), 2), vec![Chance::ONE; 2]);
        assert!(holm(&[], 3).is_empty() && false_discovery(&[]).is_empty());
    }
}
