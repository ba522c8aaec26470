//! What registered contrasts take to be shown nine times of ten, by simulation with a fixed seed: docs/CALIBRATION.md shows how far it holds.

use super::super::super::args::SuitePlanArgs;
use super::super::super::error::{CliError, CliResult};
use super::super::super::job::read_plan;
use std::collections::BTreeMap;
use vantage_api::output::ContrastPlanned;
use vantage_protocol::compare::MAX_COMPARED_ANSWERS;
use vantage_protocol::compare::infer::{Answered, Asked, Chance, Draws, Family, rates};
use vantage_protocol::id::{JobId, NetId};
use vantage_protocol::study::{Measure, Registered, Scope};
use vantage_protocol::suite::Suite;
use vantage_protocol::target::Target;

/// Numbers of prompts that are tried.
const PROMPTS: [u32; 16] = [1, 2, 5, 8, 10, 15, 20, 25, 40, 60, 80, 120, 160, 240, 360, 512];
/// Jobs that are simulated for each.
const JOBS: u32 = 200;
/// How often a difference is to be shown.
const POWER: f64 = 0.9;
/// How much of the spread of answers lies within prompts; the rest are prompts that are always answered in one way. A guess.
const WITHIN: f64 = 0.5;

/// Each kind of contrast of a study plan.
pub(super) fn power(args: &SuitePlanArgs, suite: &Suite) -> CliResult<Vec<ContrastPlanned>> {
    let Some(path) = &args.plan else { return Ok(Vec::new()) };
    let plan = read_plan(path)?;
    let mut targets: Vec<&Target> = args.targets.iter().map(|(target, _)| target).collect();
    targets.sort();
    targets.dedup();
    let mut regions = args.regions.clone();
    regions.sort();
    regions.dedup();
    let family = plan.family(&targets, &regions, suite).map_err(|why| {
        CliError::usage(format!("the study plan does not fit: {why}"))
            .at(path.display())
            .advise("name targets, regions and prompts of this job")
    })?;
    let repeats = |contrast: &Registered| {
        let target = targets.get(contrast.sides[0].target as usize);
        args.targets.iter().find(|(asked, _)| Some(&asked) == target).map_or(1, |(_, repeats)| *repeats)
    };
    let mut kinds: BTreeMap<(Measure, Scope, usize, u32), u64> = BTreeMap::new();
    for contrast in &family {
        let kind = (contrast.measure, contrast.scope, contrast.prompts.len(), repeats(contrast));
        *kinds.entry(kind).or_default() += 1;
    }
    let holm = Family { tests: family.len() as u64, alpha: Chance::from_ppm(plan.alpha_ppm.into()) };
    let planned = |((measure, scope, prompts, repeats), contrasts): (&(Measure, Scope, usize, u32), &u64)| {
        let design =
            Design { operators: args.replicas, repeats: *repeats, crossed: !args.nested, scope: *scope };
        let sizes = [f64::from(args.base) / 100.0, f64::from(args.base + args.effect).min(100.0) / 100.0];
        let needed = design.operators_needed(&holm);
        let simulated = *measure != Measure::Texts && needed.is_none();
        let shown = |prompts: u32| design.shown(prompts, sizes, &holm);
        ContrastPlanned {
            contrasts: *contrasts,
            measure: *measure,
            scope: *scope,
            prompts: *prompts as u64,
            operators: args.replicas.into(),
            repeats: (*repeats).into(),
            power_percent: simulated.then(|| (shown(*prompts as u32) * 100.0).floor() as u32),
            prompts_needed: if simulated {
                PROMPTS.into_iter().find(|prompts| shown(*prompts) >= POWER).map(u64::from)
            } else {
                None
            },
            operators_needed: needed,
        }
    };
    Ok(kinds.iter().map(planned).collect())
}

/// Who answers how often, and of whom is spoken.
struct Design {
    operators: u32,
    repeats: u32,
    crossed: bool,
    scope: Scope,
}

impl Design {
    /// Operators that it takes, where these are too few.
    fn operators_needed(&self, family: &Family) -> Option<u64> {
        let asked = self.asked(1, |_, _| false);
        let draws = Draws::new(&NetId([0; 32]), &JobId([0; 32]), 0);
        rates(&asked, self.scope, family, &draws).operators_needed.map(|needed| needed as u64)
    }

    /// How often a difference between two rates is shown at Holm's first step.
    fn shown(&self, prompts: u32, sizes: [f64; 2], family: &Family) -> f64 {
        let draws = Draws::new(&NetId([0; 32]), &JobId([0; 32]), prompts);
        let found = (0..JOBS).filter(|job| {
            let mut dice = Dice(draws.branch(u64::from(*job)));
            let rates_of: Vec<[f64; 2]> = (0..prompts).map(|_| dice.rates(sizes)).collect();
            let asked = self.asked(prompts, |prompt, second| {
                let rate = rates_of.get(prompt as usize).map_or(0.0, |rates| rates[usize::from(second)]);
                dice.unit() < rate
            });
            let found = rates(&asked, self.scope, family, &draws);
            found.chance.is_some_and(|chance| chance.times(family.tests) <= family.alpha)
        });
        found.count() as f64 / f64::from(JOBS)
    }

    fn asked(&self, prompts: u32, mut yes: impl FnMut(u32, bool) -> bool) -> Vec<Asked> {
        // of a region no more are compared
        let repeats = self.repeats.min(MAX_COMPARED_ANSWERS as u32 / self.operators.max(1)).max(1);
        let mut all = Vec::new();
        for prompt in 0..prompts {
            let mut answers = Vec::new();
            for second in [false, true] {
                for at in 0..self.operators {
                    let operator = if self.crossed || !second { at } else { self.operators + at };
                    for _ in 0..repeats {
                        answers.push(Answered { operator, second, yes: yes(prompt, second) });
                    }
                }
            }
            all.push(Asked { answers, texts: None });
        }
        all
    }
}

/// Random numbers for planning.
struct Dice(Draws);

impl Dice {
    /// Evenly between 0 and 1.
    fn unit(&mut self) -> f64 {
        f64::from(self.0.word()) / 4_294_967_296.0
    }

    /// The rates of one prompt on both sides: around the first size by a beta distribution whose spread leaves [`WITHIN`] to the answers,
    /// and as much nearer to always on the second side as the sizes are.
    fn rates(&mut self, [first, second]: [f64; 2]) -> [f64; 2] {
        let weight = WITHIN / (1.0 - WITHIN);
        let rate = self.beta(weight * first, weight * (1.0 - first));
        let nearer = if first < 1.0 { (second - first) / (1.0 - first) } else { 0.0 };
        [rate, rate + nearer * (1.0 - rate)]
    }

    /// A beta distribution of small parameters (Jöhnk's way).
    fn beta(&mut self, a: f64, b: f64) -> f64 {
        if a <= 0.0 {
            return 0.0;
        }
        loop {
            let (x, y) = (self.unit().powf(1.0 / a), self.unit().powf(1.0 / b));
            if x + y > 0.0 && x + y <= 1.0 {
                return x / (x + y);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOLM: Family = Family { tests: 12, alpha: Chance::from_ppm(50_000) };

    fn design(operators: u32, crossed: bool, scope: Scope) -> Design {
        Design { operators, repeats: 2, crossed, scope }
    }

    #[test]
    fn more_prompts_show_more_and_nothing_is_shown_of_nothing() {
        let six = design(6, true, Scope::TheseExecutors);
        let few = six.shown(5, [0.15, 0.25], &HOLM);
        let many = six.shown(60, [0.15, 0.25], &HOLM);
        assert!(few < 0.5 && many > 0.9, "{few} {many}");
        assert!(six.shown(25, [0.15, 0.15], &HOLM) < 0.05);
    }

    #[test]
    fn too_few_operators_are_told_beforehand() {
        let beyond =
            |operators, crossed| design(operators, crossed, Scope::BeyondThem).operators_needed(&HOLM);
        assert_eq!(
            [beyond(8, true), beyond(9, true), beyond(5, false), beyond(6, false)],
            [Some(9), None, Some(6), None]
        );
        assert_eq!(design(1, true, Scope::TheseExecutors).operators_needed(&HOLM), Some(2));
    }
}
