//! The rule that sorts a pair of regions into a class.

use super::class::{Absent, Class, Shortage, Way};
use super::figures::Figures;
use super::refusal::RefusalSplit;
use super::report::{Chance, Side};
use super::said::Said;

/// Answers a side needs before its noise is known at all.
const MIN_ANSWERS: u64 = 2;
/// Independent operators a side needs: with one, that one could make up both answers and noise.
const MIN_OPERATORS: u64 = 2;

/// What the two sides have in common as whole texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Equality {
    Bytes,
    Normalised,
    None,
}

/// What is known of a pair of regions.
pub(super) struct Evidence<'e> {
    pub(super) sides: [&'e Side; 2],
    /// Operators behind answers and withheld answers.
    pub(super) refusal_operators: [u64; 2],
    pub(super) equality: Equality,
    /// How many leading characters of each answer were measured, where an answer was cut at the limit of tokens.
    pub(super) beginnings: Option<usize>,
    /// None if nothing was measured.
    pub(super) across: Option<&'e Figures>,
    /// None if it could not be looked for.
    pub(super) said: Option<&'e Said>,
    pub(super) refusal: Option<RefusalSplit>,
}

impl Evidence<'_> {
    /// The rules by which the pair differs.
    pub(super) fn ways(&self) -> Vec<Way> {
        let enough = self.shortage().is_none() && self.sides.iter().all(|side| side.answers > 0);
        let apart = self.across.zip(self.floor()).is_some_and(|(a, floor)| a.shared.highest_ppm < floor);
        let said = self.said.is_some_and(Said::is_found);
        let found = [(Way::Similarity, enough && apart), (Way::Said, enough && said)];
        let refusal = (Way::Refusal, self.refusal_differs());
        found.into_iter().chain([refusal]).filter(|(_, found)| *found).map(|(way, _)| way).collect()
    }

    /// Sorts the pair.
    pub(super) fn classify(&self, ways: &[Way]) -> Class {
        if ways.contains(&Way::Refusal) {
            return Class::DiffersBeyondNoise;
        }
        match self.sides.map(|side| side.answers == 0) {
            [true, true] => return Class::Missing(Absent::Both),
            [true, false] => return Class::Missing(Absent::First),
            [false, true] => return Class::Missing(Absent::Second),
            [false, false] => {}
        }
        match self.equality {
            Equality::Bytes => return Class::Identical,
            Equality::Normalised => return Class::EqualNormalised,
            Equality::None => {}
        }
        match (self.shortage(), self.across.zip(self.floor())) {
            (Some(shortage), _) => Class::Insufficient(shortage),
            (None, None) => Class::Insufficient(Shortage::TooCostly),
            (None, Some(_)) if ways.is_empty() => Class::WithinNoise,
            (None, Some(_)) => Class::DiffersBeyondNoise,
        }
    }

    /// How easily chance does the same, if a rule found a difference.
    pub(super) fn chance(&self, ways: &[Way]) -> Option<Chance> {
        if ways.is_empty() {
            return None;
        }
        let readable = self.sides.iter().all(|side| side.refusals.not_measured == 0);
        let rules = 1 + u32::from(self.said.is_some()) + u32::from(readable);
        let [a, b] = self.sides;
        let (answers, operators) = if ways == [Way::Refusal] {
            ([a.refusals.total(), b.refusals.total()], self.refusal_operators)
        } else {
            ([a.compared, b.compared], [a.operators, b.operators])
        };
        let ppm = |[m, n]: [u64; 2]| one_of_ways_ppm(m, n).saturating_mul(rules).min(1_000_000);
        Some(Chance { rules, answers_ppm: ppm(answers), operators_ppm: ppm(operators) })
    }

    /// The lowest similarity within either side; none unless both sides have one.
    pub(super) fn floor(&self) -> Option<u32> {
        let [a, b] = self.sides;
        Some(a.within?.shared.lowest_ppm.min(b.within?.shared.lowest_ppm))
    }

    fn shortage(&self) -> Option<Shortage> {
        let [a, b] = self.sides;
        if a.answers.min(b.answers) < MIN_ANSWERS {
            Some(Shortage::FewAnswers)
        } else if a.operators.min(b.operators) < MIN_OPERATORS {
            Some(Shortage::FewOperators)
        } else if self.beginnings == Some(0) {
            Some(Shortage::CutShort)
        } else {
            None
        }
    }

    fn refusal_differs(&self) -> bool {
        self.refusal.is_some_and(RefusalSplit::is_one_sided)
            && self.sides.iter().all(|side| side.refusals.total() >= MIN_ANSWERS)
            && self.refusal_operators.iter().all(|operators| *operators >= MIN_OPERATORS)
    }
}

/// 1,000,000 over the number of ways to split `first + second` things into parts of these sizes,
/// rounded up.
fn one_of_ways_ppm(first: u64, second: u64) -> u32 {
    let mut ways: u128 = 1;
    for i in 1..=u128::from(first) {
        // exact at every step: the product of i successive numbers is divisible by i!
        ways = ways.saturating_mul(u128::from(second) + i) / i;
    }
    if first == second {
        ways = (ways / 2).max(1);
    }
    u32::try_from(1_000_000_u128.div_ceil(ways)).unwrap_or(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::one_of_ways_ppm;

    #[test]
    fn chance_is_one_in_the_number_of_splits() {
        assert_eq!(one_of_ways_ppm(1, 1), 1_000_000);
        assert_eq!(one_of_ways_ppm(2, 2), 333_334);
        assert_eq!(one_of_ways_ppm(2, 3), 100_000);
        assert_eq!(one_of_ways_ppm(4, 4), 28_572);
        assert_eq!(one_of_ways_ppm(16, 16), 1);
        assert_eq!(one_of_ways_ppm(0, 5), 1_000_000);
    }
}
