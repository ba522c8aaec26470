//! How the answers of one job moved against those of another.

use super::entry::Entry;
use crate::compare::infer::Evidence;
use crate::compare::{Operator, Run, Told};
use crate::study::Measure;
use crate::target::Target;
use std::collections::{BTreeMap, BTreeSet};

/// Prompts that moved, and by how many answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moves {
    /// Prompts with more yeses than in the calibration job.
    pub up: u32,
    /// Prompts with fewer.
    pub down: u32,
    /// Prompts with as many.
    pub tied: u32,
    /// Answers compared on each side.
    pub answers: u64,
    /// Yeses of the job less those of the calibration job.
    pub gained: i64,
}

/// Whose answers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whom {
    /// Everybody's.
    Everyone,
    /// Those of operators that stand in both jobs, in the same region.
    Unchanged,
}

/// What is compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct What<'s> {
    pub(super) measure: Measure,
    /// In which region; none: in all.
    pub(super) region: Option<&'s str>,
    pub(super) whom: Whom,
}

impl Moves {
    /// How a job's answers of some targets, taken together, moved against its calibration job.
    ///
    /// Within a region an operator that stands in both jobs is held against itself, and all others against all others; of each of
    /// these, as many answers count on either side, the first ones. So both sides of a prompt have as many answers by the same
    /// operators where they can, and exchanging the jobs turns up into down: that is what the evidence stands on, and shares of
    /// different numbers of answers do not have it (of nine yeses in ten, one answer is above the share of four more often than
    /// below it).
    pub(super) fn between(job: &Entry, calibration: &Entry, targets: &[&Target], what: What<'_>) -> Self {
        let mut prompts: BTreeMap<u32, (u64, i64)> = BTreeMap::new();
        let regions = job.regions.iter().filter(|own| what.region.is_none_or(|region| region == *own));
        let pairs: Vec<[u32; 2]> =
            regions.filter_map(|region| Some([job.region(region)?, calibration.region(region)?])).collect();
        for target in targets {
            let (Some(own), Some(other)) = (job.target(target), calibration.target(target)) else { continue };
            for [here, there] in &pairs {
                let stay = &operators(job, own, *here) & &operators(calibration, other, *there);
                for (prompt, told) in of_place(job, own, *here) {
                    let Some(before) = calibration.tallies.told.get(&(other, prompt, *there)) else {
                        continue;
                    };
                    let (answers, gained) = paired([told, before], &stay, what);
                    let sum = prompts.entry(prompt).or_default();
                    *sum = (sum.0 + u64::from(answers), sum.1 + gained);
                }
            }
        }
        let mut moves = Self::default();
        for (answers, gained) in prompts.into_values().filter(|(answers, _)| *answers > 0) {
            *match gained {
                1.. => &mut moves.up,
                0 => &mut moves.tied,
                _ => &mut moves.down,
            } += 1;
            moves.answers += answers;
            moves.gained += gained;
        }
        moves
    }

    /// Both together.
    #[must_use]
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            up: self.up + other.up,
            down: self.down + other.down,
            tied: self.tied + other.tied,
            answers: self.answers + other.answers,
            gained: self.gained + other.gained,
        }
    }

    /// What they are worth.
    pub fn evidence(&self) -> Evidence {
        Evidence::of_moves(self.up, self.down)
    }
}

/// The answers of a target in a region, prompt by prompt.
fn of_place(
    entry: &Entry,
    target: u32,
    region: u32,
) -> impl Iterator<Item = (u32, &BTreeMap<Operator, Told>)> {
    let of_target = entry.tallies.told.range((target, 0, 0)..=(target, u32::MAX, u32::MAX));
    of_target.filter(move |((_, _, own), _)| *own == region).map(|((_, prompt, _), told)| (*prompt, told))
}

/// Operators by name that answered there. Who a volunteer is, nobody knows, so none of them stays.
fn operators(entry: &Entry, target: u32, region: u32) -> BTreeSet<&Operator> {
    let all = of_place(entry, target, region).flat_map(|(_, told)| told.keys());
    all.filter(|operator| matches!(operator, Operator::Vouched(_))).collect()
}

/// How many answers of one prompt stand on each side, and how many more of the first are a yes.
fn paired(sides: [&BTreeMap<Operator, Told>; 2], stay: &BTreeSet<&Operator>, what: What<'_>) -> (u32, i64) {
    let run = |told: &Told| if what.measure == Measure::Refusals { told.declined } else { told.coded };
    let of = |side: &BTreeMap<Operator, Told>, operator: &Operator| {
        side.get(operator).map(run).unwrap_or_default()
    };
    let rest = |side: &BTreeMap<Operator, Told>| {
        let others = side.iter().filter(|(operator, _)| !stay.contains(operator)).map(|(_, told)| run(told));
        others
            .flat_map(|run| (0..run.count()).map(move |at| run.yes_of(at + 1) > run.yes_of(at)))
            .collect::<Run>()
    };
    let mut pairs: Vec<[Run; 2]> = stay.iter().map(|operator| sides.map(|side| of(side, operator))).collect();
    if what.whom == Whom::Everyone {
        pairs.push(sides.map(rest));
    }
    let held = |[job, calibration]: &[Run; 2]| {
        let both = job.count().min(calibration.count());
        (both, i64::from(job.yes_of(both)) - i64::from(calibration.yes_of(both)))
    };
    pairs.iter().map(held).fold((0, 0), |(answers, gained), (more, also)| (answers + more, gained + also))
}
