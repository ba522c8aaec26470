//! How one job's answers count, answer by answer: what jobs of a series are held against each other by.

use super::input::{CellState, Groups, Input, Operator};
use super::kept::Kept;
use crate::cid::Cid;
use std::collections::{BTreeMap, BTreeSet};

/// How the answers of one job count, by the same rules as in its comparison: copies and repeats of the same answer are left out, the
/// same answers are taken, and they are read the same way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tallies {
    /// By target, prompt and region, each by its place in the job; of each operator its answers.
    pub told: BTreeMap<(u32, u32, u32), BTreeMap<Operator, Told>>,
    /// The bytes that most operators got, where equal requests must give equal bytes: by target and prompt. More than one where as
    /// many operators got each.
    pub bytes: BTreeMap<(u32, u32), BTreeSet<Cid>>,
}

/// One operator's answers to one prompt in one region, in canonical order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Told {
    /// Whether each was refused, deflected or withheld; without those of which that could not be read.
    pub declined: Run,
    /// Whether each is a yes by the plan's coding; without those that are neither a yes nor a no.
    pub coded: Run,
}

/// Answers in order, each a yes or a no: 32 at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Run {
    yes: u32,
    count: u32,
}

impl Run {
    /// With one more; beyond 32 it is left out.
    pub fn push(&mut self, yes: bool) {
        if self.count < u32::BITS {
            self.yes |= u32::from(yes) << self.count;
            self.count += 1;
        }
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Yeses among the first so many.
    pub fn yes_of(&self, first: u32) -> u32 {
        let mask = 1_u32.checked_shl(first).map_or(u32::MAX, |bit| bit - 1);
        (self.yes & mask).count_ones()
    }
}

impl FromIterator<bool> for Run {
    fn from_iter<I: IntoIterator<Item = bool>>(all: I) -> Self {
        let mut run = Self::default();
        all.into_iter().for_each(|yes| run.push(yes));
        run
    }
}

impl Tallies {
    /// From all sides of a comparison.
    pub(super) fn of(input: &Input, groups: &Groups<'_>, kept: &Kept<'_>) -> Self {
        let mut tallies = Self::default();
        for ((target, prompt, region), side) in kept.all_sides() {
            let told = tallies.told.entry((*target, *prompt, *region)).or_default();
            for counted in side {
                let of: &mut Told = told.entry(counted.operator.clone()).or_default();
                counted.declined.into_iter().for_each(|yes| of.declined.push(yes));
                counted.coded.into_iter().for_each(|yes| of.coded.push(yes));
            }
        }
        let must_be_equal =
            |target: u32| input.targets.get(target as usize).is_some_and(|info| info.deterministic);
        for ((target, prompt), cells) in groups.iter().filter(|((target, _), _)| must_be_equal(*target)) {
            let mut holders: BTreeMap<Cid, BTreeSet<&Operator>> = BTreeMap::new();
            for cell in cells {
                if let CellState::Answer { output, .. } = &cell.state {
                    holders.entry(*output).or_default().insert(&cell.operator);
                }
            }
            let most = holders.values().map(BTreeSet::len).max().unwrap_or(0);
            holders.retain(|_, operators| operators.len() == most);
            if !holders.is_empty() {
                tallies.bytes.insert((*target, *prompt), holders.into_keys().collect());
            }
        }
        tallies
    }
}
