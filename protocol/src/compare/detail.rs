//! What of a report is shown in detail, within a fixed number of bytes.

use super::align::{Library, SentenceRow};
use super::budget::Purse;
use super::diff::{DiffOp, MAX_DIFF_BYTES, WordDiff, word_diff_within};
use super::exact::reference;
use super::explored::CANDIDATE_BELOW;
use super::head;
use super::infer::Chance;
use super::prompt::Pair;
use super::report::{ExactState, Example, Finding, PromptReport, Report};
use super::trial::Trial;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of prompts in detail, without their diffs.
const MAX_DETAIL_BYTES: usize = 360 << 10;
/// Bytes of example diffs.
const MAX_EXAMPLE_BYTES: usize = 360 << 10;
/// Findings of one prompt that are detailed at most.
const MAX_FINDINGS: usize = 96;
/// Example diffs.
const MAX_DIFFS: usize = 128;

/// A prompt in detail, and the answers to diff for each of its findings.
pub(super) struct Detailed<'a> {
    pub(super) report: PromptReport,
    pub(super) examples: Vec<Option<Pair<'a>>>,
}

impl<'a> Detailed<'a> {
    /// With as many findings as are detailed: the rarest by chance first, then by class.
    pub(super) fn foremost(mut report: PromptReport, examples: Vec<Option<Pair<'a>>>) -> Self {
        let mut order: Vec<usize> = (0..report.findings.len()).collect();
        let rank = |finding: &Finding| {
            let least = finding.trials.iter().map(|trial| trial.chance).min().unwrap_or(Chance::ONE);
            (least, finding.class.rank())
        };
        order.sort_by_key(|at| report.findings.get(*at).map(rank));
        let shown: BTreeSet<usize> = order.into_iter().take(MAX_FINDINGS).collect();
        report.findings_left_out = report.findings.len().saturating_sub(shown.len()) as u64;
        let findings = std::mem::take(&mut report.findings);
        let both = findings.into_iter().zip(examples).enumerate().filter(|(at, _)| shown.contains(at));
        let (findings, examples) = both.map(|(_, both)| both).unzip();
        report.findings = findings;
        Self { report, examples }
    }
}

/// Prompts in detail, as far as they may still fit: those with something to see, and the rest.
#[derive(Default)]
pub(super) struct Details<'a> {
    notable: Shelf<'a>,
    plain: Shelf<'a>,
    left_out: BTreeMap<u32, u64>,
}

/// A prompt in detail, and its size.
struct Detail<'a> {
    target: u32,
    bytes: usize,
    examined: Detailed<'a>,
}

#[derive(Default)]
struct Shelf<'a> {
    bytes: usize,
    details: Vec<Detail<'a>>,
}

/// Answers to diff: rank of the finding's class, target, place among its prompts, place among its
/// findings.
pub(super) type Examples<'a> = BTreeMap<(u8, u32, usize, usize), Pair<'a>>;

impl<'a> Details<'a> {
    /// Keeps a prompt's detail if it may fit, and else counts it.
    /// Notable is what has something rare in it, or unequal bytes.
    pub(super) fn offer(&mut self, target: u32, examined: Detailed<'a>) {
        let unequal = examined.report.exact.as_ref().is_some_and(|exact| exact.state == ExactState::Unequal);
        let rare = |trial: &Trial| trial.chance <= CANDIDATE_BELOW;
        let notable =
            unequal || examined.report.findings.iter().flat_map(|finding| &finding.trials).any(rare);
        let shelf = if notable { &mut self.notable } else { &mut self.plain };
        let bytes = encoded_bytes(&examined.report);
        if shelf.bytes.saturating_add(bytes) > MAX_DETAIL_BYTES {
            *self.left_out.entry(target).or_default() += 1;
            return;
        }
        shelf.bytes += bytes;
        shelf.details.push(Detail { target, bytes, examined });
    }

    /// Fills the report, and returns the answers to diff.
    pub(super) fn place(mut self, report: &mut Report) -> Examples<'a> {
        let mut room = MAX_DETAIL_BYTES;
        let mut placed: BTreeMap<(u32, u32), Detailed<'a>> = BTreeMap::new();
        for detail in self.notable.details.into_iter().chain(self.plain.details) {
            match room.checked_sub(detail.bytes) {
                Some(rest) => {
                    room = rest;
                    placed.insert((detail.target, detail.examined.report.prompt), detail.examined);
                }
                None => *self.left_out.entry(detail.target).or_default() += 1,
            }
        }
        let mut examples = Examples::new();
        for ((index, _), examined) in placed {
            let Some(target) = report.targets.get_mut(index as usize) else { continue };
            for (f, (finding, pair)) in examined.report.findings.iter().zip(examined.examples).enumerate() {
                if let Some(pair) = pair {
                    examples.insert((finding.class.rank(), index, target.prompts.len(), f), pair);
                }
            }
            target.prompts.push(examined.report);
        }
        for (index, n) in self.left_out {
            if let Some(target) = report.targets.get_mut(index as usize) {
                target.prompts_left_out = n;
            }
        }
        examples
    }
}

/// Diffs what there is room for, the foremost classes first. Returns how many were left out.
pub(super) fn attach_diffs(report: &mut Report, examples: Examples<'_>, purse: &mut Purse) -> u64 {
    let (mut room, mut left_out) = (MAX_EXAMPLE_BYTES, 0);
    *purse = purse.among(examples.len().min(MAX_DIFFS) as u64);
    let (mut library, mut owner) = (Library::default(), None);
    for (n, ((_, target, prompt, finding), pair)) in examples.into_iter().enumerate() {
        let slot = report.targets.get_mut(target as usize).and_then(|t| t.prompts.get_mut(prompt));
        let Some(slot) = slot.and_then(|p| p.findings.get_mut(finding)) else { continue };
        if n >= MAX_DIFFS {
            left_out += 1;
            continue;
        }
        if owner.replace((target, prompt)) != Some((target, prompt)) {
            library = Library::default();
        }
        let given = purse.share();
        let mut steps = given;
        let example = example(&pair, &mut library, &mut steps);
        purse.spend(given - steps);
        let fits = example.and_then(|e| Some((room.checked_sub(encoded_bytes(&e))?, e)));
        match fits {
            Some((rest, example)) => {
                room = rest;
                slot.example = Some(example);
            }
            None => left_out += 1,
        }
    }
    left_out
}

/// Diffs two answers by words and sentences, taking its cost from the steps. None if they do not
/// suffice; they may suffice for the words alone.
fn example(pair: &Pair<'_>, library: &mut Library, steps: &mut u64) -> Option<Example> {
    let [first, second] = &pair.central;
    let WordDiff { ops, truncated } = word_diff_within(first.text, second.text, steps)?;
    let sentences = sentences(pair, &ops, library, steps).unwrap_or_default();
    let truncated = truncated || pair.by_beginnings;
    Some(Example { first: reference(first), second: reference(second), ops, truncated, sentences })
}

fn sentences(
    pair: &Pair<'_>,
    ops: &[DiffOp],
    library: &mut Library,
    steps: &mut u64,
) -> Option<Vec<SentenceRow>> {
    // the texts as far as they were diffed
    let first: String = ops.iter().filter(|op| !matches!(op, DiffOp::Insert(_))).map(DiffOp::text).collect();
    let second: String = ops.iter().filter(|op| !matches!(op, DiffOp::Delete(_))).map(DiffOp::text).collect();
    let sides = pair
        .sides
        .each_ref()
        .map(|answers| answers.iter().map(|answer| head(answer.text, MAX_DIFF_BYTES)).collect::<Vec<_>>());
    let texts = || sides.iter().flatten().copied().chain([first.as_str(), second.as_str()]);
    *steps = steps.checked_sub(library.cost(texts()))?;
    library.take(texts());
    *steps = steps.checked_sub(library.align_cost(&first, &second, &sides))?;
    Some(library.align(&first, &second, &sides))
}

/// Size of the canonical encoding; what has none never fits.
fn encoded_bytes<T: Serialize>(value: &T) -> usize {
    serde_ipld_dagcbor::to_vec(value).map_or(usize::MAX, |bytes| bytes.len())
}
