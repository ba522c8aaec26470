//! The rule that sorts a pair of regions into a class.

use super::report::{Figures, Side};
use serde::{Deserialize, Serialize};

/// Answers a side needs before its noise is known at all.
const MIN_ANSWERS: u64 = 2;
/// Independent operators a side needs: with one, that one could make up both answers and noise.
const MIN_OPERATORS: u64 = 2;

/// What was found for one pair of regions. The rule stands in the [module's
/// documentation](super).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Every answer of both sides is byte-equal.
    Identical,
    /// Every answer of both sides is equal once normalised.
    EqualNormalised,
    /// Not shown to differ: the regions differ no more than each does by itself.
    WithinNoise,
    /// The regions differ more than either does by itself.
    DiffersBeyondNoise,
    /// Too little to say.
    Insufficient(Shortage),
    /// At least one side has no answer.
    Missing(Absent),
}

/// What there is too little of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shortage {
    /// A side has fewer than two answers.
    FewAnswers,
    /// The answers of a side come from fewer than two independent operators.
    FewOperators,
    /// The job has more to measure than the cost bound allows.
    TooCostly,
}

/// Which side has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absent {
    /// The first region.
    First,
    /// The second region.
    Second,
    /// Both.
    Both,
}

impl Class {
    /// The class as one word, as the report spells it.
    pub fn name(&self) -> &'static str {
        match self {
            Class::Identical => "identical",
            Class::EqualNormalised => "equal_normalised",
            Class::WithinNoise => "within_noise",
            Class::DiffersBeyondNoise => "differs_beyond_noise",
            Class::Insufficient(_) => "insufficient",
            Class::Missing(_) => "missing",
        }
    }

    /// Why it is `insufficient` or `missing`, in words.
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Class::Insufficient(Shortage::FewAnswers) => Some("fewer than two answers on a side"),
            Class::Insufficient(Shortage::FewOperators) => {
                Some("fewer than two independent operators on a side")
            }
            Class::Insufficient(Shortage::TooCostly) => Some("too much text for the cost bound"),
            Class::Missing(Absent::First) => Some("no answer from the first region"),
            Class::Missing(Absent::Second) => Some("no answer from the second region"),
            Class::Missing(Absent::Both) => Some("no answer from either region"),
            _ => None,
        }
    }

    /// Which finding is shown first where not all fit.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Class::DiffersBeyondNoise => 0,
            Class::Insufficient(_) => 1,
            Class::WithinNoise => 2,
            Class::EqualNormalised => 3,
            Class::Missing(_) => 4,
            Class::Identical => 5,
        }
    }
}

/// Findings by class.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassCounts {
    /// See [`Class::Identical`].
    pub identical: u64,
    /// See [`Class::EqualNormalised`].
    pub equal_normalised: u64,
    /// See [`Class::WithinNoise`].
    pub within_noise: u64,
    /// See [`Class::DiffersBeyondNoise`].
    pub differs_beyond_noise: u64,
    /// See [`Class::Insufficient`].
    pub insufficient: u64,
    /// See [`Class::Missing`].
    pub missing: u64,
}

impl ClassCounts {
    pub(super) fn add(&mut self, class: &Class) {
        *match class {
            Class::Identical => &mut self.identical,
            Class::EqualNormalised => &mut self.equal_normalised,
            Class::WithinNoise => &mut self.within_noise,
            Class::DiffersBeyondNoise => &mut self.differs_beyond_noise,
            Class::Insufficient(_) => &mut self.insufficient,
            Class::Missing(_) => &mut self.missing,
        } += 1;
    }
}

/// What the two sides have in common as whole texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Equality {
    Bytes,
    Normalised,
    None,
}

/// Sorts one pair. `across` is none if nothing was measured.
pub(super) fn classify(first: &Side, second: &Side, equality: Equality, across: Option<&Figures>) -> Class {
    match (first.answers == 0, second.answers == 0) {
        (true, true) => return Class::Missing(Absent::Both),
        (true, false) => return Class::Missing(Absent::First),
        (false, true) => return Class::Missing(Absent::Second),
        (false, false) => {}
    }
    match equality {
        Equality::Bytes => return Class::Identical,
        Equality::Normalised => return Class::EqualNormalised,
        Equality::None => {}
    }
    if first.answers.min(second.answers) < MIN_ANSWERS {
        return Class::Insufficient(Shortage::FewAnswers);
    }
    if first.operators.min(second.operators) < MIN_OPERATORS {
        return Class::Insufficient(Shortage::FewOperators);
    }
    let (Some(across), Some(floor)) = (across, floor(first, second)) else {
        return Class::Insufficient(Shortage::TooCostly);
    };
    if across.shared.highest_ppm < floor { Class::DiffersBeyondNoise } else { Class::WithinNoise }
}

/// The lowest similarity within either side; none unless both sides have one.
pub(super) fn floor(first: &Side, second: &Side) -> Option<u32> {
    Some(first.within?.shared.lowest_ppm.min(second.within?.shared.lowest_ppm))
}

/// How easily chance alone separates two sides like this, in parts per million, rounded up.
///
/// Of all ways to deal `m + n` answers out to sides of `m` and `n`, at most one separates them
/// completely (were there two, some pair of answers would have to be both more and less alike than
/// another). So if regions do not matter and answers are exchangeable, this happens with a
/// probability of at most one in that number of ways. Each finding stands by itself: with many
/// findings some will come up by chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chance {
    /// If single answers are exchangeable.
    pub answers_ppm: u32,
    /// If only whole operators are, since one operator's answers may be alike for its own reasons
    /// (an account, a cache). Never small with two operators a side.
    pub operators_ppm: u32,
}

impl Chance {
    pub(super) fn of(first: &Side, second: &Side) -> Self {
        Self {
            answers_ppm: one_of_ways_ppm(first.compared, second.compared),
            operators_ppm: one_of_ways_ppm(first.operators, second.operators),
        }
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
