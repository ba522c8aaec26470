//! The beginnings of answers, decentralized targets beside centralized ones: for readers, and no part of the report
//! that is hashed.

use super::account::bound_counts;
use super::answer::Answer;
use super::assemble::{in_order, place};
use super::class::Class;
use super::clip;
use super::exact::exact;
use super::input::{Cell, CellState, Input, TargetInfo};
use super::report::{ExactState, PromptReport, Report};
use crate::cid::Cid;
use crate::target::Surface;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Prompts that are shown: a guess at what is read.
const MAX_PROMPTS: usize = 24;
/// Targets of either side that are shown: a guess.
const MAX_TARGETS: usize = 8;
/// Bytes of an answer that are shown: some five lines of half a page.
const MAX_BYTES: usize = 400;
/// Reasons for absent answers that are told apart.
const MAX_REASONS: usize = 4;
/// Bytes of such a reason that are kept.
const MAX_REASON_BYTES: usize = 48;

/// What targets of two sides say to the same prompts. It comes from outside: escape it before showing it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excerpts {
    /// What stands on which side.
    pub sides: ExcerptSides,
    /// The prompts. Those with a finding come first, those with the same bytes on both sides last.
    pub prompts: Vec<PromptExcerpts>,
    /// Answered prompts that found no room.
    pub prompts_left_out: u64,
    /// Targets of the first and of the second side that found no room.
    pub targets_left_out: [u64; 2],
}

/// What stands on the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExcerptSides {
    /// Open models, here and on Golem, beside vendors.
    DecentralizedCentralized,
    /// No vendor was asked: each open model as executors ran it, beside the same model on Golem.
    HereGolem,
}

/// One prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PromptExcerpts {
    /// Index into the suite.
    pub prompt: u32,
    /// Its id, clipped to 64 bytes.
    pub id: String,
    /// Its topic, clipped to 64 bytes.
    pub topic: String,
    /// A target's regions differ beyond noise, or an open model's answers are unequal.
    pub found: bool,
    /// Every target answered, and all answers of both sides are the same bytes; where the sides are one model in two
    /// places, model by model.
    pub same_bytes: bool,
    /// Targets of the first side, in the order of the job.
    pub first: Vec<Excerpt>,
    /// Targets of the second side, in the order of the job; of one model in two places, in the order of the first side.
    pub second: Vec<Excerpt>,
}

/// What one target says to a prompt, over all regions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// Its name, clipped to 128 bytes.
    pub target: String,
    /// Whether it is simulated.
    pub sim: bool,
    /// One of its answers; none if it gave none.
    pub shown: Option<ShownAnswer>,
    /// Its answers.
    pub answers: u64,
    /// Operators behind them.
    pub operators: u64,
    /// Answers different in bytes.
    pub distinct: u64,
    /// Cells without an answer, by the reason; the rarest reasons summed up.
    pub absent: BTreeMap<String, u64>,
}

/// The answer that most operators gave; of several the one given more often, then the one with the lowest id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownAnswer {
    /// Its beginning, at most 400 bytes; a cut one ends in `…`.
    pub text: String,
    /// The bytes of the whole.
    pub output: Cid,
    /// How often it was given.
    pub answers: u64,
    /// Operators who gave it.
    pub operators: u64,
}

impl Excerpts {
    /// Of a job and its comparison. None if there are not two sides, or if nothing was answered.
    pub fn of(input: &Input, report: &Report) -> Option<Self> {
        let job = Job::of(input)?;
        let found = found(report);
        let answered = (0..input.prompts.len() as u32).filter(|prompt| job.is_answered(*prompt));
        let rank = |prompt: u32| (!found.contains(&prompt), job.same_bytes(prompt), prompt);
        let mut ranked: Vec<(bool, bool, u32)> = answered.map(rank).collect();
        ranked.sort_unstable();
        let prompts_left_out = ranked.len().saturating_sub(MAX_PROMPTS) as u64;
        ranked.truncate(MAX_PROMPTS);
        let shown = ranked.iter().filter_map(|(plain, same, prompt)| job.prompt(*prompt, !*plain, *same));
        let prompts: Vec<PromptExcerpts> = shown.collect();
        let left_out = |targets: &Vec<u32>| targets.len().saturating_sub(MAX_TARGETS) as u64;
        let targets_left_out = job.targets.each_ref().map(left_out);
        let sides = job.sides;
        (!prompts.is_empty()).then_some(Self { sides, prompts, prompts_left_out, targets_left_out })
    }
}

/// Prompts with a difference that is a finding.
fn found(report: &Report) -> BTreeSet<u32> {
    let differs = |prompt: &PromptReport| {
        let unequal = prompt.exact.as_ref().is_some_and(|exact| exact.state == ExactState::Unequal);
        unequal || prompt.findings.iter().any(|finding| finding.class == Class::Candidate)
    };
    let prompts = report.targets.iter().flat_map(|target| &target.prompts);
    prompts.filter(|prompt| differs(prompt)).map(|prompt| prompt.prompt).collect()
}

/// The targets of the two sides.
fn split(targets: &[TargetInfo]) -> Option<(ExcerptSides, [Vec<u32>; 2])> {
    let numbered = || targets.iter().zip(0_u32..);
    let is_vendor = |target: &TargetInfo| target.surface == Surface::Api.word();
    let side = |vendors: bool| -> Vec<u32> {
        let those = numbered().filter(|(target, _)| is_vendor(target) == vendors);
        those.map(|(_, index)| index).collect()
    };
    let (own, vendors) = (side(false), side(true));
    if !vendors.is_empty() {
        let sides = ExcerptSides::DecentralizedCentralized;
        return (!own.is_empty()).then_some((sides, [own, vendors]));
    }
    let pairs = numbered().filter_map(|(target, here)| {
        let model = target.name.strip_prefix("open:")?;
        let on_golem = |other: &TargetInfo| other.name.strip_prefix("golem:") == Some(model);
        let (_, there) = numbered().find(|(other, _)| on_golem(other))?;
        Some((here, there))
    });
    let (here, there): (Vec<u32>, Vec<u32>) = pairs.unzip();
    (!here.is_empty()).then_some((ExcerptSides::HereGolem, [here, there]))
}

/// A job, its two sides, and its cells by prompt and target.
struct Job<'a> {
    input: &'a Input,
    sides: ExcerptSides,
    targets: [Vec<u32>; 2],
    cells: BTreeMap<(u32, u32), Vec<&'a Cell>>,
}

impl<'a> Job<'a> {
    fn of(input: &'a Input) -> Option<Self> {
        let (sides, targets) = split(&input.targets)?;
        let mut cells: BTreeMap<(u32, u32), Vec<&Cell>> = BTreeMap::new();
        let mut last = None;
        for cell in in_order(input) {
            // as the comparison has it: the first of several in one place, none of a region that is not there
            let repeated = last.replace(place(cell)) == Some(place(cell));
            if !repeated && (cell.region as usize) < input.regions.len() {
                cells.entry((cell.prompt, cell.target)).or_default().push(cell);
            }
        }
        Some(Self { input, sides, targets, cells })
    }

    fn cells(&self, prompt: u32, target: u32) -> &[&'a Cell] {
        self.cells.get(&(prompt, target)).map_or(&[][..], Vec::as_slice)
    }

    fn answers(&self, prompt: u32, target: u32) -> Vec<Answer<'a>> {
        self.cells(prompt, target).iter().copied().filter_map(answer).collect()
    }

    fn is_answered(&self, prompt: u32) -> bool {
        self.targets.iter().flatten().any(|target| !self.answers(prompt, *target).is_empty())
    }

    fn same_bytes(&self, prompt: u32) -> bool {
        let [first, second] = &self.targets;
        match self.sides {
            ExcerptSides::DecentralizedCentralized => self.is_one(prompt, first.iter().chain(second)),
            ExcerptSides::HereGolem => {
                first.iter().zip(second).all(|(here, there)| self.is_one(prompt, [here, there]))
            }
        }
    }

    /// All of these targets answered, and all of their answers are one output.
    fn is_one<'t>(&self, prompt: u32, targets: impl IntoIterator<Item = &'t u32>) -> bool {
        let mut outputs: BTreeSet<Cid> = BTreeSet::new();
        for target in targets {
            let answers = self.answers(prompt, *target);
            if answers.is_empty() {
                return false;
            }
            outputs.extend(answers.iter().map(|answer| answer.output));
        }
        outputs.len() == 1
    }

    fn prompt(&self, index: u32, found: bool, same_bytes: bool) -> Option<PromptExcerpts> {
        let info = self.input.prompts.get(index as usize)?;
        let side = |targets: &Vec<u32>| -> Vec<Excerpt> {
            targets.iter().take(MAX_TARGETS).map(|target| self.excerpt(index, *target)).collect()
        };
        let [first, second] = self.targets.each_ref().map(side);
        let (id, topic) = (clip(&info.id, 64), clip(&info.topic, 64));
        Some(PromptExcerpts { prompt: index, id, topic, found, same_bytes, first, second })
    }

    fn excerpt(&self, prompt: u32, target: u32) -> Excerpt {
        let info = self.input.targets.get(target as usize);
        let answers = self.answers(prompt, target);
        let held = exact(&answers);
        let shown = held.variants.first().and_then(|variant| {
            let answer = answers.iter().find(|answer| answer.output == variant.output)?;
            Some(ShownAnswer {
                text: clip(answer.text.trim(), MAX_BYTES),
                output: variant.output,
                answers: variant.answers,
                operators: variant.operators,
            })
        });
        let mut absent: BTreeMap<String, u64> = BTreeMap::new();
        for reason in self.cells(prompt, target).iter().filter_map(|cell| cell.state.absence()) {
            *absent.entry(clip(&reason, MAX_REASON_BYTES)).or_default() += 1;
        }
        bound_counts(&mut absent, MAX_REASONS);
        Excerpt {
            target: info.map_or_else(String::new, |info| clip(&info.name, 128)),
            sim: info.is_some_and(|info| info.sim),
            shown,
            answers: held.answers,
            operators: held.operators,
            distinct: held.variants.len() as u64 + held.variants_left_out,
            absent,
        }
    }
}

fn answer(cell: &Cell) -> Option<Answer<'_>> {
    match &cell.state {
        CellState::Answer { text, output, .. } => Some(Answer { cell, text, output: *output, normalised: 0 }),
        _ => None,
    }
}
