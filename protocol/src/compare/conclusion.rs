//! What a study plan registered, tested: the conclusions of a job.

use super::budget::Purse;
use super::infer::{Asked, Chance, DRAWN_MAX, DRAWN_MIN, Draws, Exchange, Family, Found, holm, rates, texts};
use super::input::Study;
use super::sides::{Sides, numbered};
use super::trial::text_cost;
use crate::study::{Measure, Place, Registered, Scope};
use serde::{Deserialize, Serialize};

/// All that was registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Conclusions {
    /// How often a study in which nothing differs may show any difference at all, parts per million.
    pub alpha_ppm: u32,
    /// Labellings that were drawn where all were too many.
    pub drawn: u32,
    /// One for each registered contrast, in the plan's order: the family.
    pub contrasts: Vec<Conclusion>,
}

/// One registered contrast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Conclusion {
    /// Where the answers of both sides come from, by index.
    pub sides: [PlaceRef; 2],
    /// Index of the prompt, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<u32>,
    /// Prompts.
    pub prompts: u64,
    /// Prompts of them whose texts stand on both sides and were not compared: there was too much of them, or an answer was cut off at its
    /// beginning.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub prompts_unmeasured: u64,
    /// What was compared.
    pub measure: Measure,
    /// Of whom it speaks.
    pub scope: Scope,
    /// What came of it.
    pub shown: Shown,
    /// The two-sided chance of as large a difference where nothing differs, rounded up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chance: Option<Chance>,
    /// The same, adjusted for the family (Holm), rounded up: shown at alpha or below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjusted: Option<Chance>,
    /// What was exchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Exchange>,
    /// Whether all ways to exchange were counted.
    pub exact: bool,
    /// Ways that texts were compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labellings: Option<u64>,
    /// The two rates, parts per million, rounded down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rates_ppm: Option<[u32; 2]>,
    /// First side less second, parts per million: of rates; of texts their energy distance, which has no sign.
    pub effect_ppm: i64,
    /// Where the effect lies, of all contrasts at once with one less alpha: lower and upper end, parts per million, rounded
    /// outward.
    pub interval_ppm: [i64; 2],
    /// The margin that was registered, parts per million.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin_ppm: Option<u32>,
    /// Answers compared on each side.
    pub answers: [u64; 2],
    /// Answers on each side that are neither a yes nor a no.
    pub untold: [u64; 2],
    /// Operators on each side.
    pub operators: [u64; 2],
    /// Operators that stand on both.
    pub crossed: u64,
    /// How far apart in time both sides were asked, by the executors' clocks, seconds, rounded up: the middle of all prompts. None where
    /// that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skew_s: Option<u64>,
}

/// A target asked in a region, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PlaceRef {
    /// Index into the targets.
    pub target: u32,
    /// Index into the regions.
    pub region: u32,
}

/// What came of a registered contrast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// Shown to differ.
    Differs,
    /// Shown to be equal within the registered margin.
    Equal,
    /// No difference shown, and no equality.
    NotShown,
    /// With so few operators nothing could be shown.
    TooFewOperators {
        /// How many it takes: on each side, or on both sides at once where they stand on both.
        needed: u64,
    },
    /// One side has no answer that counts.
    NothingToCompare,
    /// No prompt's texts could be compared: there is more of them than the bound on costs allows, or they were cut off.
    TooCostly,
    /// Both sides were asked further apart in time than the plan allows: a difference may be of the hour.
    ConfoundedByTime,
}

/// Tests what was registered. `sides_of` gives both sides of a contrast's prompts.
pub(super) fn conclude<'a>(
    study: &Study,
    mut sides_of: impl FnMut(&Registered) -> Vec<Sides<'a>>,
    draws: &Draws,
    purse: &mut Purse,
) -> Conclusions {
    let family =
        Family { tests: study.contrasts.len() as u64, alpha: Chance::from_ppm(u64::from(study.alpha_ppm)) };
    let registered: Vec<(&Registered, Vec<Asked>, Seen)> = study
        .contrasts
        .iter()
        .map(|contrast| {
            let sides = sides_of(contrast);
            let numbers = numbered(&sides);
            let untold = sides.iter().map(|prompt| prompt.untold(contrast.measure));
            let untold = untold.fold([0; 2], |[a, b], [c, d]| [a + c, b + d]);
            let of_texts = contrast.measure == Measure::Texts;
            let unmeasured = sides.iter().filter(|prompt| of_texts && prompt.is_unmeasured()).count() as u64;
            let measured = sides.iter().filter(|prompt| !(of_texts && prompt.is_unmeasured()));
            let asked = measured.map(|prompt| prompt.asked(contrast.measure, &numbers)).collect();
            (contrast, asked, Seen { untold, unmeasured, skew_s: skew_s(&sides) })
        })
        .collect();
    let by_texts = || registered.iter().filter(|(contrast, _, _)| contrast.measure == Measure::Texts);
    let total = |drawn| by_texts().map(|(_, asked, _)| text_cost(asked, drawn)).fold(0, u64::saturating_add);
    // the most that fits, in even steps, from sizes alone
    let steps = (0..=9).rev().map(|step| DRAWN_MIN + step * ((DRAWN_MAX - DRAWN_MIN) / 9));
    let drawn = steps.into_iter().find(|drawn| total(*drawn) <= purse.left()).unwrap_or(DRAWN_MIN);
    let mut contrasts: Vec<Conclusion> = registered
        .iter()
        .zip(0..)
        .map(|((contrast, asked, seen), number)| {
            let (found, costly) = match contrast.measure {
                Measure::Texts if text_cost(asked, drawn) > purse.left() => {
                    (texts(asked, contrast.scope, &family, 0, &draws.branch(number)), true)
                }
                Measure::Texts => {
                    purse.spend(text_cost(asked, drawn));
                    (texts(asked, contrast.scope, &family, drawn, &draws.branch(number)), false)
                }
                _ => (rates(asked, contrast.scope, &family, &draws.branch(number)), false),
            };
            conclusion(contrast, &found, costly, seen)
        })
        .collect();
    let known: Vec<Chance> = contrasts.iter().filter_map(|contrast| contrast.chance).collect();
    let mut adjusted = holm(&known, contrasts.len()).into_iter();
    for contrast in contrasts.iter_mut().filter(|contrast| contrast.chance.is_some()) {
        contrast.adjusted = adjusted.next();
        if contrast.adjusted.is_some_and(|adjusted| adjusted <= family.alpha) {
            contrast.shown = Shown::Differs;
        }
    }
    for contrast in &mut contrasts {
        let most = study.skew_s_max.map(u64::from);
        let late = contrast.skew_s.zip(most).is_some_and(|(skew, most)| skew > most);
        if late && matches!(contrast.shown, Shown::Differs | Shown::Equal | Shown::NotShown) {
            contrast.shown = Shown::ConfoundedByTime;
        }
    }
    Conclusions { alpha_ppm: study.alpha_ppm, drawn, contrasts }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// What is seen of both sides beside their answers.
struct Seen {
    untold: [u64; 2],
    unmeasured: u64,
    skew_s: Option<u64>,
}

/// The middle of how far apart both sides of each prompt were asked.
fn skew_s(sides: &[Sides<'_>]) -> Option<u64> {
    let mut skews: Vec<u64> = sides.iter().filter_map(Sides::skew_ms).collect();
    skews.sort_unstable();
    skews.get(skews.len() / 2).map(|skew| skew.div_ceil(1000))
}

/// What is known of a contrast before the family is looked at.
fn conclusion(contrast: &Registered, found: &Found, costly: bool, seen: &Seen) -> Conclusion {
    let half = i64::try_from(found.half_width_ppm).unwrap_or(i64::MAX / 4);
    let most = if contrast.measure == Measure::Texts { 2_000_000 } else { 1_000_000 };
    let least = if contrast.measure == Measure::Texts { 0 } else { -most };
    // a rate that was rounded down may be one part more
    let interval_ppm =
        [(found.effect_ppm - half - 1).clamp(least, most), (found.effect_ppm + half + 1).clamp(least, most)];
    let [low, high] = interval_ppm;
    let equal =
        contrast.margin_ppm.is_some_and(|margin| -i64::from(margin) < low && high < i64::from(margin));
    let shown = match found.operators_needed {
        _ if seen.unmeasured > 0 && seen.unmeasured == contrast.prompts.len() as u64 => Shown::TooCostly,
        _ if found.answers.contains(&0) && found.operators.contains(&0) => Shown::NothingToCompare,
        Some(needed) => Shown::TooFewOperators { needed: needed as u64 },
        None if costly => Shown::TooCostly,
        None if found.chance.is_none() => Shown::NothingToCompare,
        None if equal => Shown::Equal,
        None => Shown::NotShown,
    };
    let prompt = match contrast.prompts.as_slice() {
        [[prompt, _]] => Some(*prompt),
        _ => None,
    };
    Conclusion {
        sides: contrast.sides.map(|Place { target, region }| PlaceRef { target, region }),
        prompt,
        prompts: contrast.prompts.len() as u64,
        prompts_unmeasured: seen.unmeasured,
        measure: contrast.measure,
        scope: contrast.scope,
        shown,
        chance: found.chance.filter(|_| !costly),
        adjusted: None,
        exchange: found.exchange,
        exact: found.exact,
        labellings: found.labellings.filter(|_| !costly),
        rates_ppm: found.rates_ppm,
        effect_ppm: found.effect_ppm,
        interval_ppm,
        margin_ppm: contrast.margin_ppm,
        answers: found.answers,
        untold: seen.untold,
        operators: found.operators.map(|n| n as u64),
        crossed: found.crossed as u64,
        skew_s: seen.skew_s,
    }
}
