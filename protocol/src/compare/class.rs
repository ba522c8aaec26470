//! What a pair of regions is sorted into.

use serde::{Deserialize, Serialize};

/// What was found for one pair of regions on one prompt, beside what a study plan registers. The rule stands in the
/// [module's documentation](super).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Every answer of both sides is byte-equal.
    Identical,
    /// Every answer of both sides is equal once normalised.
    EqualNormalised,
    /// Not shown to differ.
    NotShown,
    /// A candidate for the next study: of all candidates of the job one in twenty at most is expected to be chance.
    Candidate,
    /// Too little to say.
    Insufficient(Shortage),
    /// At least one side has no answer.
    Missing(Absent),
}

/// What there is too little of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shortage {
    /// The answers of a side come from fewer than two independent operators.
    FewOperators,
    /// The job has more to measure than the cost bound allows.
    TooCostly,
    /// The limit of tokens cut an answer off before its first word was whole.
    CutShort,
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
            Class::NotShown => "not_shown",
            Class::Candidate => "candidate",
            Class::Insufficient(_) => "insufficient",
            Class::Missing(_) => "missing",
        }
    }

    /// Why it is `insufficient` or `missing`, in words.
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Class::Insufficient(Shortage::FewOperators) => {
                Some("fewer than two independent operators on a side")
            }
            Class::Insufficient(Shortage::TooCostly) => Some("too much text for the cost bound"),
            Class::Insufficient(Shortage::CutShort) => {
                Some("an answer was cut off at the token limit before a whole word")
            }
            Class::Missing(Absent::First) => Some("no answer from the first region"),
            Class::Missing(Absent::Second) => Some("no answer from the second region"),
            Class::Missing(Absent::Both) => Some("no answer from either region"),
            _ => None,
        }
    }

    /// Which finding is shown first where not all fit.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Class::Candidate => 0,
            Class::Insufficient(_) => 1,
            Class::NotShown => 2,
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
    /// See [`Class::NotShown`].
    pub not_shown: u64,
    /// See [`Class::Candidate`].
    pub candidate: u64,
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
            Class::NotShown => &mut self.not_shown,
            Class::Candidate => &mut self.candidate,
            Class::Insufficient(_) => &mut self.insufficient,
            Class::Missing(_) => &mut self.missing,
        } += 1;
    }
}
