//! What is looked at beside the study plan: whether one prompt's answers differ between two regions. By itself this shows nothing; it
//! finds candidates for the next plan.

use super::budget::{EACH, Purse};
use super::infer::{Asked, Chance, DRAWN_MIN, Draws, Family, Found, Texts, choose, rates, texts};
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
        let found = rates(core::slice::from_ref(&refusals), Scope::TheseExecutors, &ALONE, draws);
        tried.found.extend(trial(Measure::Refusals, &found));
        spent += EACH * refusals.answers.len() as u64;
    }
    let asked = sides.asked(Measure::Texts, &numbers);
    if asked.texts.as_ref().is_some_and(|texts| texts.distances_ppm.iter().any(|distance| *distance > 0)) {
        match try_texts(&asked, draws, purse, &mut spent) {
            Some(found) => tried.found.extend(trial(Measure::Texts, &found)),
            None => tried.left_out += 1,
        }
    }
    purse.spend(spent);
    tried
}

/// Tries texts by a few labellings, and by many more where those leave it open; none where there is too much text.
///
/// Either chance is one that is not too small by itself, and so is the one that is told: up to a tenth it takes the second to be as
/// small, beyond that the first.
fn try_texts(asked: &Asked, draws: &Draws, purse: &Purse, spent: &mut u64) -> Option<Found> {
    let asked = core::slice::from_ref(asked);
    let first = text_cost(asked, GLANCED);
    if *spent + first > purse.share() {
        return None;
    }
    *spent += first;
    let tried = |drawn, part| texts(asked, Scope::TheseExecutors, &ALONE, drawn, &draws.branch(part));
    let found = tried(GLANCED, 0);
    let more = text_cost(asked, DRAWN_MIN);
    let open = !found.exact && found.chance.is_some_and(|chance| chance <= LEFT_OPEN);
    if !open || *spent + more > GLANCES_EACH * purse.share() {
        return Some(found);
    }
    *spent += more;
    Some(tried(DRAWN_MIN, 1))
}

/// Labellings that are drawn at first.
const GLANCED: u32 = 199;
/// Up to this chance it is looked at again.
const LEFT_OPEN: Chance = Chance::from_ppm(100_000);
/// One in so many is expected to be looked at again.
const GLANCES_EACH: u64 = 8;

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

/// Steps that it takes to compare texts with so many drawn labellings, or with all where they are fewer: from sizes alone.
pub(super) fn text_cost(prompts: &[Asked], drawn: u32) -> u64 {
    let texts = || prompts.iter().filter_map(|asked| asked.texts.as_ref());
    let ways = |answers: u32| choose(answers, answers / 2);
    let most = u64::from(drawn) + 1;
    let all = texts().fold(1_u64, |all, texts| all.saturating_mul(ways(texts.answers)));
    let labellings = all.min(most);
    let a_labelling = if all <= most { LOOKED_UP } else { DRAWN };
    let of_prompt = |texts: &Texts| {
        let (answers, ways) = (u64::from(texts.answers), ways(texts.answers).min(labellings));
        let a_way = answers_cost(answers) + texts.holders.len() as u64 / 2;
        labellings * a_labelling + ways * a_way + TABLES * answers.div_ceil(8) + 8 * answers * answers
    };
    texts().map(of_prompt).fold(labellings * RANKED, u64::saturating_add)
}

/// Adding a prompt's score to a labelling.
const LOOKED_UP: u64 = 2;
/// The same where it is drawn first.
const DRAWN: u64 = 4;
/// Ranking a labelling, twice over and once more.
const RANKED: u64 = 32;
/// Setting up the tables of eight answers more.
const TABLES: u64 = 2_048;

/// Energy of one way.
fn answers_cost(answers: u64) -> u64 {
    if answers <= 8 { 2 } else { answers / 2 }
}
