//! All trials of a job together: which are candidates.

use super::class::{Class, ClassCounts};
use super::infer::{Chance, false_discovery};
use super::report::{Finding, Report};
use super::trial::Trials;
use std::collections::BTreeMap;

/// Adjusted chances from here on make no candidate.
pub(super) const CANDIDATE_BELOW: Chance = Chance::from_ppm(FALSE_DISCOVERY_PPM as u64);
/// The share of candidates that may be chance, parts per million.
pub(super) const FALSE_DISCOVERY_PPM: u32 = 50_000;

/// What is kept of each pair until all are known.
#[derive(Default)]
pub(super) struct Trialled {
    /// By target: what a pair is by itself, and the least of its chances.
    pairs: Vec<(u32, Class, Chance)>,
    chances: Vec<Chance>,
    left_out: u64,
}

impl Trialled {
    /// Takes note of a pair of a target.
    pub(super) fn add(&mut self, target: u32, class: Class, trials: &Trials) {
        self.pairs.push((target, class, trials.least()));
        self.chances.extend(trials.found.iter().map(|trial| trial.chance));
        self.left_out += trials.left_out;
    }

    /// Fills in what takes all of them: adjusted chances, classes and their counts.
    pub(super) fn settle(self, report: &mut Report) {
        let adjusted: BTreeMap<Chance, Chance> =
            self.chances.iter().copied().zip(false_discovery(&self.chances)).collect();
        let adjusted = |chance: Chance| adjusted.get(&chance).copied().unwrap_or(Chance::ONE);
        report.explored.trials = self.chances.len() as u64;
        report.explored.trials_left_out = self.left_out;
        report.explored.false_discovery_ppm = FALSE_DISCOVERY_PPM;
        for (target, class, least) in self.pairs {
            let class = if adjusted(least) <= CANDIDATE_BELOW { Class::Candidate } else { class };
            report.classes.add(&class);
            if let Some(target) = report.targets.get_mut(target as usize) {
                target.classes.add(&class);
            }
        }
        let prompts = report.targets.iter_mut().flat_map(|target| &mut target.prompts);
        for finding in prompts.flat_map(|prompt| &mut prompt.findings) {
            settle(finding, adjusted);
        }
    }
}

fn settle(finding: &mut Finding, adjusted: impl Fn(Chance) -> Chance) {
    for trial in &mut finding.trials {
        trial.adjusted = adjusted(trial.chance);
        if trial.adjusted <= CANDIDATE_BELOW {
            finding.class = Class::Candidate;
        }
    }
}

impl ClassCounts {
    /// Pairs that were compared, whatever came of it.
    pub fn total(&self) -> u64 {
        let Self { identical, equal_normalised, not_shown, candidate, insufficient, missing } = self;
        identical + equal_normalised + not_shown + candidate + insufficient + missing
    }
}
