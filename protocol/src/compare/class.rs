//! What a pair of regions is sorted into.

use serde::{Deserialize, Serialize};

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

/// Findings beyond noise by the rule that found them; one finding may count under several.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WayCounts {
    /// See [`Way::Similarity`].
    pub similarity: u64,
    /// See [`Way::Said`].
    pub said: u64,
    /// See [`Way::Refusal`].
    pub refusal: u64,
}

impl WayCounts {
    pub(super) fn add_all(&mut self, more: &Self) {
        self.similarity += more.similarity;
        self.said += more.said;
        self.refusal += more.refusal;
    }

    pub(super) fn add(&mut self, ways: &[Way]) {
        for way in ways {
            *match way {
                Way::Similarity => &mut self.similarity,
                Way::Said => &mut self.said,
                Way::Refusal => &mut self.refusal,
            } += 1;
        }
    }
}

impl ClassCounts {
    pub(super) fn add_all(&mut self, more: &Self) {
        self.identical += more.identical;
        self.equal_normalised += more.equal_normalised;
        self.within_noise += more.within_noise;
        self.differs_beyond_noise += more.differs_beyond_noise;
        self.insufficient += more.insufficient;
        self.missing += more.missing;
    }

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

/// By which rule two regions were found to differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// The best similarity across the regions is below the lowest within either.
    Similarity,
    /// Every answer of one region says something that no answer of the other does.
    Said,
    /// Every answer of one region refuses, and none of the other does.
    Refusal,
}
