//! What is looked at beside the study plan: whether one prompt's answers differ between two regions. By itself this shows nothing; it
//! finds candidates for the next plan.

use super::budget::{EACH, Purse};
use super::infer::{Asked, Chance, DRAWN_MIN, Draws, Family, Found, rates, texts};
use super::sides::{Sides, numbered};
use crate::study::{Measure, Scope};
use serde::{Deserialize, Serialize};

/// One at a time: what comes of many is dealt with afterwards.
const ALONE: Family = Family { tests: 1, alpha: Chance::from_ppm(50_000) };

/// One measure of one pair of regions on one prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// What was compared.
    pub measure: Measure,
    /// The two-sided chance of as large a difference where these executors' answers do not differ by region.
    pub chance: Chance,
    /// The same, adjusted for all trials of the job (Benjamini and Hochberg): at 5% or below it is a candidate.
    pub adjusted: Chance,
    /// First region less second, parts per million: of rates; of texts their energy distance, which has no sign.
    pub effect_ppm: i64,
    /// Answers on each side.
    pub answers: [u64; 2],
    /// Operators on each side.
    pub operators: [u64; 2],
}

/// The trials of one pair.
#[derive(Debug, Clone, Default)]
pub(super) struct Trials {
    pub(super) found: Vec<Trial>,
    /// Trials that cost too much.
    pub(super) left_out: u64,
}

impl Trials {
    /// The least chance among them.
    pub(super) fn least(&self) -> Chance {
        self.found.iter().map(|trial| trial.chance).min().unwrap_or(Chance::ONE)
    }
}

/// Tries what both sides have.
pub(super) fn trials(sides: &Sides<'_>, draws: &Draws, purse: &mut Purse) -> Trials {
    let numbers = numbered(core::slice::from_ref(sides));
    let mut tried = Trials::default();
    let mut spent = EACH;
    let refusals = sides.asked(Measure::Refusals, &numbers);
    if refusals.answers.iter().any(|answer| answer.yes) {
        let found = rates(core::slice::from_ref(&refusals), Scope::TheseExecutors, &ALONE);
        tried.found.extend(trial(Measure::Refusals, &found));
        spent += EACH * refusals.answers.len() as u64;
    }
    let asked = sides.asked(Measure::Texts, &numbers);
    if asked.texts.as_ref().is_some_and(|texts| texts.distances_ppm.iter().any(|distance| *distance > 0)) {
        let cost = text_cost(core::slice::from_ref(&asked), DRAWN_MIN);
        if spent + cost > purse.share() {
            tried.left_out += 1;
        } else {
            spent += cost;
            let found = texts(core::slice::from_ref(&asked), Scope::TheseExecutors, &ALONE, DRAWN_MIN, draws);
            tried.found.extend(trial(Measure::Texts, &found));
        }
    }
    purse.spend(spent);
    tried
}

fn trial(measure: Measure, found: &Found) -> Option<Trial> {
    Some(Trial {
        measure,
        chance: found.chance?,
        adjusted: Chance::ONE,
        effect_ppm: found.effect_ppm,
        answers: found.answers,
        operators: found.operators.map(|n| n as u64),
    })
}

/// Steps that it takes to compare texts with so many labellings, from sizes alone.
pub(super) fn text_cost(prompts: &[Asked], drawn: u32) -> u64 {
    let labellings = u64::from(drawn) + 1;
    let of_prompt = |asked: &Asked| {
        let Some(texts) = &asked.texts else { return 0 };
        let answers = u64::from(texts.answers);
        let ways = labellings.min(1_u64.checked_shl(texts.answers).unwrap_or(u64::MAX));
        let way = 2 * answers + 2 * texts.holders.len() as u64 + 8;
        8 * labellings + ways * way + 64 * answers * answers.div_ceil(8)
    };
    prompts.iter().map(of_prompt).fold(64 * labellings, u64::saturating_add)
}
