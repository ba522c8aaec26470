//! What tests see of the answers to one prompt: who answered, and how it counts.

use super::infer::{Answered, Asked, Texts};
use super::input::Operator;
use super::panel::Panel;
use super::region::MAX_COMPARED_ANSWERS;
use crate::study::Measure;
use std::collections::{BTreeMap, BTreeSet};

/// One answer that counts, or a withheld one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted<'a> {
    pub(super) operator: &'a Operator,
    /// Whether it was refused, deflected or withheld; none where that could not be read.
    pub(super) declined: Option<bool>,
    /// Whether it is a yes by the study plan's coding; none where it is neither yes nor no, or nothing is coded.
    pub(super) coded: Option<bool>,
    /// Whether there is a text.
    pub(super) text: bool,
    /// When it was asked, POSIX milliseconds.
    pub(super) asked_ms: Option<u64>,
}

/// Both sides of one prompt.
#[derive(Debug, Clone)]
pub(super) struct Sides<'a> {
    pub(super) sides: [Vec<Counted<'a>>; 2],
    /// The texts of both sides, the first side's first; none if they were not measured.
    pub(super) texts: Option<Texts>,
}

/// Numbers of the operators of some prompts, the same in all of them. Tests tell 63 apart; there are no more executors than that on
/// both sides of a contrast.
pub(super) fn numbered<'a>(prompts: &[Sides<'a>]) -> BTreeMap<&'a Operator, u32> {
    let all: BTreeSet<&Operator> = prompts
        .iter()
        .flat_map(|prompt| prompt.sides.iter().flatten())
        .map(|counted| counted.operator)
        .collect();
    all.into_iter().zip((0..63).chain(core::iter::repeat(62))).collect()
}

impl<'a> Sides<'a> {
    /// Without what does not count: answers of copiers, and repeats of one operator that are the same answer again.
    pub(super) fn by(self, panel: &Panel<'_>) -> Self {
        let mut kept = (0_u32, 0);
        let sides = self.sides.map(|side| {
            let places = panel.counted(side.iter().map(|counted| counted.operator));
            let texts = side.iter().filter(|counted| counted.text).count();
            // texts come first on each side
            for place in places.iter().filter(|place| **place < texts) {
                kept.0 |= 1_u32.checked_shl((kept.1 + place) as u32).unwrap_or(0);
            }
            kept.1 += texts;
            let counted = places.iter().filter_map(|place| side.get(*place)).copied();
            counted.take(MAX_COMPARED_ANSWERS).collect::<Vec<_>>()
        });
        Self { sides, texts: self.texts.map(|texts| texts.only(kept.0)) }
    }

    /// What a test is asked of this prompt.
    pub(super) fn asked(&self, measure: Measure, numbers: &BTreeMap<&Operator, u32>) -> Asked {
        let mut answers = Vec::new();
        for (side, second) in self.sides.iter().zip([false, true]) {
            for counted in side {
                let yes = match measure {
                    Measure::Refusals => counted.declined,
                    Measure::Coded => counted.coded,
                    Measure::Texts => counted.text.then_some(false),
                };
                let operator = numbers.get(counted.operator).copied();
                answers.extend(yes.zip(operator).map(|(yes, operator)| Answered { operator, second, yes }));
            }
        }
        let texts = self.texts.clone().filter(|_| measure == Measure::Texts);
        Asked { answers, texts }
    }

    /// Whether both sides have texts, and they were not measured.
    pub(super) fn is_unmeasured(&self) -> bool {
        self.texts.is_none() && self.sides.iter().all(|side| side.iter().any(|counted| counted.text))
    }

    /// How far apart in time the middle answers of both sides were asked, milliseconds; none where that is not known.
    pub(super) fn skew_ms(&self) -> Option<u64> {
        let [first, second] = self.sides.each_ref().map(|side| {
            let mut asked: Vec<u64> = side.iter().filter_map(|counted| counted.asked_ms).collect();
            asked.sort_unstable();
            asked.get(asked.len() / 2).copied()
        });
        Some(first?.abs_diff(second?))
    }

    /// Answers that are neither a yes nor a no, on each side.
    pub(super) fn untold(&self, measure: Measure) -> [u64; 2] {
        self.sides.each_ref().map(|side| {
            let untold = |counted: &&Counted<'_>| match measure {
                Measure::Refusals => counted.declined.is_none(),
                Measure::Coded => counted.text && counted.coded.is_none(),
                Measure::Texts => false,
            };
            side.iter().filter(untold).count() as u64
        })
    }
}
