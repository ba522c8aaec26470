//! One prompt put to one target: the noise in each region, and every pair of regions.

use super::answer::{Answer, answers};
use super::class::{Chance, Class, ClassCounts, Equality, classify, floor};
use super::clip;
use super::exact::exact;
use super::input::{Cell, PromptInfo};
use super::matrix::{Matrix, TextPair, text_pair};
use super::region::{Region, by_region};
use super::report::{Finding, PromptReport, Side};
use std::collections::{BTreeMap, BTreeSet};

/// Findings of one prompt that are detailed at most.
const MAX_FINDINGS: usize = 96;

/// What is asked of [`examine`].
pub(super) struct Question<'a> {
    /// Index of the prompt.
    pub(super) index: u32,
    pub(super) prompt: &'a PromptInfo,
    pub(super) deterministic: bool,
    /// Pairs of regions, in canonical order.
    pub(super) contrasts: &'a [(u32, u32)],
    /// Steps that measuring may take.
    pub(super) budget: u64,
}

/// What came of it.
pub(super) struct Examined<'a> {
    pub(super) report: PromptReport,
    /// Every finding, detailed or not.
    pub(super) classes: ClassCounts,
    /// The answers to diff, for each detailed finding whose sides differ.
    pub(super) examples: Vec<Option<[Answer<'a>; 2]>>,
}

/// Compares the cells of one (target, prompt), which come in the order of region, repeat, replica.
pub(super) fn examine<'a>(question: &Question<'_>, cells: &[&'a Cell]) -> Examined<'a> {
    let (answers, texts) = answers(cells);
    let regions = by_region(cells.iter().map(|cell| cell.region), &answers);
    let matrix = Matrix::measure(&texts, &pairs_to_measure(&regions, question.contrasts), question.budget);
    let summaries: BTreeMap<u32, Summary<'_, 'a>> =
        regions.iter().map(|(index, region)| (*index, Summary::of(region, &matrix))).collect();

    let mut classes = ClassCounts::default();
    let mut found = Vec::new();
    for (a, b) in question.contrasts {
        let (absent_a, absent_b) = (absent(*a), absent(*b));
        let (absent_a, absent_b) = (Summary::of(&absent_a, &matrix), Summary::of(&absent_b, &matrix));
        let (first, second) = (summaries.get(a).unwrap_or(&absent_a), summaries.get(b).unwrap_or(&absent_b));
        let finding = find(first, second, &matrix);
        classes.add(&finding.class);
        let differ = !matches!(finding.class, Class::Identical | Class::Missing(_));
        let example = first.central.zip(second.central).filter(|_| differ).map(|(a, b)| [a, b]);
        found.push((finding, example));
    }
    let findings_left_out = keep_foremost(&mut found);
    let (findings, examples) = found.into_iter().unzip();
    let report = PromptReport {
        prompt: question.index,
        id: clip(&question.prompt.id, 64),
        topic: clip(&question.prompt.topic, 64),
        kind: clip(&question.prompt.kind, 32),
        compared_chars: matrix.chars_max as u64,
        truncated_answers: answers.iter().filter(|answer| matrix.truncates(answer)).count() as u64,
        sides: summaries.into_values().map(|summary| summary.side).collect(),
        findings,
        findings_left_out,
        exact: question.deterministic.then(|| exact(&answers)),
    };
    Examined { report, classes, examples }
}

/// A region, its noise and its most central answer.
struct Summary<'r, 'a> {
    region: &'r Region<'a>,
    side: Side,
    central: Option<Answer<'a>>,
}

impl<'r, 'a> Summary<'r, 'a> {
    fn of(region: &'r Region<'a>, matrix: &Matrix) -> Self {
        Self { region, side: region.side(matrix), central: region.central(matrix) }
    }
}

/// A region without any cell.
fn absent<'a>(index: u32) -> Region<'a> {
    Region { index, ..Region::default() }
}

fn pairs_to_measure(regions: &BTreeMap<u32, Region<'_>>, contrasts: &[(u32, u32)]) -> BTreeSet<TextPair> {
    let within = regions.values().map(|region| (region, region));
    let across = contrasts.iter().filter_map(|(a, b)| Some((regions.get(a)?, regions.get(b)?)));
    let mut pairs = BTreeSet::new();
    for (first, second) in within.chain(across) {
        for a in first.compared() {
            pairs.extend(second.compared().iter().filter_map(|b| text_pair(a, b)));
        }
    }
    pairs
}

fn find(first: &Summary<'_, '_>, second: &Summary<'_, '_>, matrix: &Matrix) -> Finding {
    let pairs =
        first.region.compared().iter().flat_map(|a| second.region.compared().iter().map(move |b| (a, b)));
    let across = matrix.figures(pairs);
    let class = classify(&first.side, &second.side, equality(first.region, second.region), across.as_ref());
    Finding {
        first: first.region.index,
        second: second.region.index,
        class,
        answers: [first.side.answers, second.side.answers],
        operators: [first.side.operators, second.side.operators],
        across,
        floor_ppm: floor(&first.side, &second.side),
        chance: (class == Class::DiffersBeyondNoise).then(|| Chance::of(&first.side, &second.side)),
        example: None,
    }
}

fn equality(first: &Region<'_>, second: &Region<'_>) -> Equality {
    if first.outputs.len() == 1 && first.outputs == second.outputs {
        Equality::Bytes
    } else if first.texts.len() == 1 && first.texts == second.texts {
        Equality::Normalised
    } else {
        Equality::None
    }
}

/// Cuts the findings to what is detailed, the foremost classes first, and puts what stays back in
/// order. Returns how many were cut.
fn keep_foremost<E>(found: &mut Vec<(Finding, E)>) -> u64 {
    let cut = found.len().saturating_sub(MAX_FINDINGS);
    if cut > 0 {
        found.sort_by_key(|(finding, _)| (finding.class.rank(), finding.first, finding.second));
        found.truncate(MAX_FINDINGS);
        found.sort_by_key(|(finding, _)| (finding.first, finding.second));
    }
    cut as u64
}
