//! One prompt put to one target: the noise in each region, and every pair of regions.

use super::class::{Chance, Class, ClassCounts, Equality, classify, floor};
use super::clip;
use super::exact::exact;
use super::input::{Cell, CellState, PromptInfo};
use super::normalise::normalise;
use super::report::{Figures, Finding, PromptReport, Side, Spread};
use super::similarity::{EQUAL, Lexicon, MAX_COMPARED_CHARS, Measurable, Similarity, cost};
use crate::cid::Cid;
use std::collections::{BTreeMap, BTreeSet};

/// Answers of one region that are measured at most: 120 pairs, more than the median and the extremes
/// need.
pub const MAX_COMPARED_ANSWERS: usize = 16;
/// Fewer characters than this are not worth a verdict: beyond the cost bound nothing is measured.
const MIN_COMPARED_CHARS: usize = 256;
/// Findings of one prompt that are detailed at most.
const MAX_FINDINGS: usize = 96;

/// An answer and the number of its normalised text among the distinct ones of the prompt.
#[derive(Clone, Copy)]
pub(super) struct Answer<'a> {
    pub(super) cell: &'a Cell,
    pub(super) text: &'a str,
    pub(super) output: Cid,
    normalised: usize,
}

/// What came of one prompt.
pub(super) struct Examined<'a> {
    pub(super) report: PromptReport,
    /// Every finding, detailed or not.
    pub(super) classes: ClassCounts,
    /// The answers to diff, for each detailed finding that differs in bytes.
    pub(super) examples: Vec<Option<[Answer<'a>; 2]>>,
}

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

/// Compares the cells of one (target, prompt), which come in the order of region, repeat, replica.
pub(super) fn examine<'a>(question: &Question<'_>, cells: &[&'a Cell]) -> Examined<'a> {
    let texts = Texts::of(cells);
    let regions = by_region(cells, &texts);
    let pairs = pairs_to_measure(&regions, question.contrasts);
    let (chars_max, measured) = measure(&texts, &pairs, question.budget);
    let sides: Vec<Side> = regions.values().map(|region| side(region, measured.as_ref())).collect();

    let mut classes = ClassCounts::default();
    let mut found: Vec<(Finding, Option<[Answer<'a>; 2]>)> = Vec::new();
    let empty = BTreeMap::new();
    let similarities = measured.as_ref().unwrap_or(&empty);
    for &(a, b) in question.contrasts {
        let (first, second) = (Region::get(&regions, a), Region::get(&regions, b));
        let finding = find(&first, &second, measured.as_ref());
        classes.add(&finding.class);
        let differ = !matches!(finding.class, Class::Identical | Class::Missing(_));
        let example = match (first.central(similarities), second.central(similarities)) {
            (Some(first), Some(second)) if differ => Some([first, second]),
            _ => None,
        };
        found.push((finding, example));
    }
    let findings_left_out = keep_foremost(&mut found);
    let (findings, examples) = found.into_iter().unzip();
    let answers: Vec<Answer<'a>> =
        regions.values().flat_map(|region| region.answers.iter().copied()).collect();
    let longer = |answer: &&Answer<'_>| measured.is_some() && texts.chars(answer.normalised) > chars_max;
    let report = PromptReport {
        prompt: question.index,
        id: clip(&question.prompt.id, 64),
        topic: clip(&question.prompt.topic, 64),
        kind: clip(&question.prompt.kind, 32),
        compared_chars: if measured.is_some() { chars_max as u64 } else { 0 },
        truncated_answers: answers.iter().filter(longer).count() as u64,
        sides,
        findings,
        findings_left_out,
        exact: question.deterministic.then(|| exact(&answers)),
    };
    Examined { report, classes, examples }
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

/// The distinct normalised texts of a prompt, numbered in the order of the texts themselves.
struct Texts {
    numbers: BTreeMap<String, usize>,
    chars: Vec<usize>,
}

impl Texts {
    fn of(cells: &[&Cell]) -> Self {
        let normalised: BTreeSet<String> = cells
            .iter()
            .filter_map(|cell| match &cell.state {
                CellState::Answer { text, .. } => Some(normalise(text)),
                _ => None,
            })
            .collect();
        let chars = normalised.iter().map(|text| text.chars().count()).collect();
        Self { numbers: normalised.into_iter().zip(0..).collect(), chars }
    }

    fn number(&self, text: &str) -> usize {
        self.numbers.get(&normalise(text)).copied().unwrap_or_default()
    }

    fn chars(&self, number: usize) -> usize {
        self.chars.get(number).copied().unwrap_or_default()
    }
}

/// The cells of one region, and its answers in canonical order.
#[derive(Clone, Default)]
struct Region<'a> {
    index: u32,
    cells: u64,
    answers: Vec<Answer<'a>>,
}

fn by_region<'a>(cells: &[&'a Cell], texts: &Texts) -> BTreeMap<u32, Region<'a>> {
    let mut regions: BTreeMap<u32, Region<'a>> = BTreeMap::new();
    for cell in cells {
        let region = regions.entry(cell.region).or_default();
        region.index = cell.region;
        region.cells += 1;
        if let CellState::Answer { text, output } = &cell.state {
            region.answers.push(Answer { cell, text, output: *output, normalised: texts.number(text) });
        }
    }
    regions
}

impl<'a> Region<'a> {
    fn get(regions: &BTreeMap<u32, Self>, index: u32) -> Self {
        regions.get(&index).cloned().unwrap_or(Self { index, ..Self::default() })
    }

    fn compared(&self) -> &[Answer<'a>] {
        self.answers.get(..MAX_COMPARED_ANSWERS).unwrap_or(&self.answers)
    }

    /// The compared answer most alike to the rest of its region; of several the one whose output
    /// has the lowest id, then the first.
    fn central(&self, similarities: &Similarities) -> Option<Answer<'a>> {
        let sum = |answer: &Answer<'_>| {
            let figures = self.compared().iter().filter_map(|other| look_up(similarities, answer, other));
            figures.map(|s| u64::from(s.words_ppm) + u64::from(s.chars_ppm)).sum::<u64>()
        };
        self.compared().iter().min_by_key(|answer| (core::cmp::Reverse(sum(answer)), answer.output)).copied()
    }
}

/// Similarity of each pair of distinct normalised texts, the lower number first.
type Similarities = BTreeMap<(usize, usize), Similarity>;

fn look_up(similarities: &Similarities, a: &Answer<'_>, b: &Answer<'_>) -> Option<Similarity> {
    if a.normalised == b.normalised {
        return Some(EQUAL);
    }
    similarities.get(&ordered(a.normalised, b.normalised)).copied()
}

fn ordered(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}

fn pairs_to_measure(
    regions: &BTreeMap<u32, Region<'_>>,
    contrasts: &[(u32, u32)],
) -> BTreeSet<(usize, usize)> {
    let within = regions.values().map(|region| (region, region));
    let across = contrasts.iter().filter_map(|(a, b)| Some((regions.get(a)?, regions.get(b)?)));
    let mut pairs = BTreeSet::new();
    for (first, second) in within.chain(across) {
        for a in first.compared() {
            let unequal = second.compared().iter().filter(|b| b.normalised != a.normalised);
            pairs.extend(unequal.map(|b| ordered(a.normalised, b.normalised)));
        }
    }
    pairs
}

/// Measures all pairs by as many leading characters as the budget allows; nothing is measured if
/// that is fewer than [`MIN_COMPARED_CHARS`].
fn measure(texts: &Texts, pairs: &BTreeSet<(usize, usize)>, budget: u64) -> (usize, Option<Similarities>) {
    let total = |chars_max: usize| {
        let one =
            |(a, b): &(usize, usize)| cost(texts.chars(*a).min(chars_max), texts.chars(*b).min(chars_max));
        pairs.iter().map(one).fold(0, u64::saturating_add)
    };
    let limits = core::iter::successors(Some(MAX_COMPARED_CHARS), |chars_max| Some(chars_max / 2));
    let mut limits = limits.take_while(|chars_max| *chars_max >= MIN_COMPARED_CHARS);
    let Some(chars_max) = limits.find(|chars_max| total(*chars_max) <= budget) else {
        return (0, None);
    };
    let needed: BTreeSet<usize> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
    let mut lexicon = Lexicon::default();
    let texts = texts.numbers.iter().filter(|(_, number)| needed.contains(number));
    let prepared: BTreeMap<usize, Measurable> =
        texts.map(|(text, number)| (*number, Measurable::new(text, chars_max, &mut lexicon))).collect();
    let measured = pairs.iter().filter_map(|(a, b)| {
        let (first, second) = (prepared.get(a)?, prepared.get(b)?);
        Some(((*a, *b), first.measure(second)))
    });
    (chars_max, Some(measured.collect()))
}

fn side(region: &Region<'_>, similarities: Option<&Similarities>) -> Side {
    let compared = region.compared();
    let (mut within, mut repeats, mut replicas) = (Vec::new(), Vec::new(), Vec::new());
    for (i, a) in compared.iter().enumerate() {
        for b in compared.iter().skip(i + 1) {
            let Some(similarity) = similarities.and_then(|s| look_up(s, a, b)) else { continue };
            within.push(similarity);
            if (a.cell.replica, a.cell.executor) == (b.cell.replica, b.cell.executor) {
                repeats.push(similarity);
            }
            if a.cell.operator != b.cell.operator {
                replicas.push(similarity);
            }
        }
    }
    Side {
        region: region.index,
        cells: region.cells,
        answers: region.answers.len() as u64,
        compared: compared.len() as u64,
        operators: compared.iter().map(|a| &a.cell.operator).collect::<BTreeSet<_>>().len() as u64,
        distinct: region.answers.iter().map(|a| a.output).collect::<BTreeSet<_>>().len() as u64,
        distinct_normalised: region.answers.iter().map(|a| a.normalised).collect::<BTreeSet<_>>().len()
            as u64,
        within: figures(&within),
        repeats: figures(&repeats),
        replicas: figures(&replicas),
    }
}

fn find(first: &Region<'_>, second: &Region<'_>, similarities: Option<&Similarities>) -> Finding {
    let mut across = Vec::new();
    for a in first.compared() {
        let alike = second.compared().iter().filter_map(|b| similarities.and_then(|s| look_up(s, a, b)));
        across.extend(alike);
    }
    let across = figures(&across);
    let sides = [side(first, similarities), side(second, similarities)];
    let class = classify(&sides[0], &sides[1], equality(first, second), across.as_ref());
    let floor = floor(&sides[0], &sides[1]);
    Finding {
        first: first.index,
        second: second.index,
        class,
        answers: [sides[0].answers, sides[1].answers],
        operators: [sides[0].operators, sides[1].operators],
        across,
        floor_words_ppm: floor.map(|f| f.0),
        floor_chars_ppm: floor.map(|f| f.1),
        chance: (class == Class::DiffersBeyondNoise).then(|| Chance::of(&sides[0], &sides[1])),
        example: None,
    }
}

fn equality(first: &Region<'_>, second: &Region<'_>) -> Equality {
    let answers = || first.answers.iter().chain(&second.answers);
    let outputs: BTreeSet<Cid> = answers().map(|a| a.output).collect();
    let normalised: BTreeSet<usize> = answers().map(|a| a.normalised).collect();
    match (outputs.len(), normalised.len()) {
        (1, _) => Equality::Bytes,
        (_, 1) => Equality::Normalised,
        _ => Equality::None,
    }
}

fn figures(similarities: &[Similarity]) -> Option<Figures> {
    let words = spread(similarities.iter().map(|s| s.words_ppm).collect())?;
    let chars = spread(similarities.iter().map(|s| s.chars_ppm).collect())?;
    Some(Figures { pairs: similarities.len() as u64, words, chars })
}

fn spread(mut ppm: Vec<u32>) -> Option<Spread> {
    ppm.sort_unstable();
    let median_ppm = *ppm.get(ppm.len().saturating_sub(1) / 2)?;
    Some(Spread { lowest_ppm: *ppm.first()?, median_ppm, highest_ppm: *ppm.last()? })
}
