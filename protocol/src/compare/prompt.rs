//! One prompt put to one target: the noise in each region, and every pair of regions.

use super::answer::{Answer, answers};
use super::budget::{Budget, EACH, READ_BYTE};
use super::class::{Class, ClassCounts, WayCounts};
use super::clip;
use super::exact::exact;
use super::input::{Cell, CellState, PromptInfo};
use super::matrix::{MIN_COMPARED_CHARS, Matrix, Plan, text_pair};
use super::refusal::{Reader, RefusalSplit};
use super::region::{Region, by_region};
use super::report::{Finding, PromptReport, Side};
use super::rule::{Equality, Evidence};
use super::said::Said;
use std::collections::BTreeMap;

/// Findings of one prompt that are detailed at most.
const MAX_FINDINGS: usize = 96;

/// Fewer bytes of an answer than this are not worth a verdict: what is measured at least, of the
/// widest characters.
const MIN_READ_BYTES: usize = 4 * MIN_COMPARED_CHARS;

/// What is asked of [`examine`].
pub(super) struct Question<'a> {
    /// Index of the prompt.
    pub(super) index: u32,
    pub(super) prompt: &'a PromptInfo,
    pub(super) deterministic: bool,
    /// Pairs of regions, in canonical order.
    pub(super) contrasts: &'a [(u32, u32)],
    pub(super) reader: &'a Reader,
}

/// What came of it.
pub(super) struct Examined<'a> {
    pub(super) report: PromptReport,
    /// Every finding, detailed or not.
    pub(super) classes: ClassCounts,
    /// Those beyond noise, by the rule that found them.
    pub(super) ways: WayCounts,
    /// The answers to diff, for each detailed finding whose sides differ.
    pub(super) examples: Vec<Option<Pair<'a>>>,
}

/// Two answers to diff, and the compared answers of their regions.
pub(super) struct Pair<'a> {
    pub(super) central: [Answer<'a>; 2],
    pub(super) sides: [Vec<Answer<'a>>; 2],
}

/// Compares the cells of one (target, prompt), which come in the order of region, repeat, replica.
pub(super) fn examine<'a>(question: &Question<'_>, cells: &[&'a Cell], budget: &mut Budget) -> Examined<'a> {
    let bytes_max = bytes_to_read(cells, budget);
    let (answers, texts) = answers(cells, bytes_max);
    let regions = by_region(cells, &answers);
    let unread = bytes_max < MIN_READ_BYTES && texts.0.iter().any(|text| text.cut);
    let plan = Plan { unread, ..plan(&regions, question.contrasts) };
    let matrix = Matrix::measure(&texts, &plan, &mut budget.near, &mut budget.close);
    let summary = |region| Summary::of(region, &matrix, question.reader);
    let summaries: BTreeMap<u32, Summary<'_, 'a>> =
        regions.iter().map(|(index, region)| (*index, summary(region))).collect();
    let empty = without_cells(&regions, question.contrasts);
    let without: BTreeMap<u32, Summary<'_, 'a>> =
        empty.iter().map(|(index, region)| (*index, summary(region))).collect();

    let (mut classes, mut ways) = (ClassCounts::default(), WayCounts::default());
    let mut found = Vec::new();
    for (a, b) in question.contrasts {
        let either = |index: &u32| summaries.get(index).or_else(|| without.get(index));
        let (Some(first), Some(second)) = (either(a), either(b)) else { continue };
        let finding = find(first, second, &matrix);
        classes.add(&finding.class);
        ways.add(&finding.ways);
        let differ = !matches!(finding.class, Class::Identical | Class::Missing(_));
        let central = first.central.zip(second.central).filter(|_| differ);
        let sides = || [first.region.compared().to_vec(), second.region.compared().to_vec()];
        found.push((finding, central.map(|(a, b)| Pair { central: [a, b], sides: sides() })));
    }
    let findings_left_out = keep_foremost(&mut found);
    let (findings, examples) = found.into_iter().unzip();
    let report = PromptReport {
        prompt: question.index,
        id: clip(&question.prompt.id, 64),
        topic: clip(&question.prompt.topic, 64),
        kind: clip(&question.prompt.kind, 32),
        compared_chars: matrix.chars_max as u64,
        ordered_chars: matrix.close_chars_max as u64,
        truncated_answers: answers.iter().filter(|answer| matrix.truncates(answer)).count() as u64,
        sides: summaries.into_values().map(|summary| summary.side).collect(),
        findings,
        findings_left_out,
        exact: question.deterministic.then(|| exact(&answers)),
    };
    Examined { report, classes, ways, examples }
}

/// How many bytes of each answer may be read.
fn bytes_to_read(cells: &[&Cell], budget: &mut Budget) -> usize {
    let lengths = || {
        cells.iter().filter_map(|cell| match &cell.state {
            CellState::Answer { text, .. } => Some(text.len() as u64),
            _ => None,
        })
    };
    let count = lengths().count() as u64;
    let bytes_max = (budget.read.share() / READ_BYTE).saturating_sub(EACH * count) / count.max(1);
    let read = lengths().map(|length| length.min(bytes_max) * READ_BYTE + EACH);
    budget.read.spend(read.fold(0, u64::saturating_add));
    usize::try_from(bytes_max).unwrap_or(usize::MAX)
}

/// A region, its noise and its most central answer.
struct Summary<'r, 'a> {
    region: &'r Region<'a>,
    side: Side,
    central: Option<Answer<'a>>,
}

impl<'r, 'a> Summary<'r, 'a> {
    fn of(region: &'r Region<'a>, matrix: &Matrix, reader: &Reader) -> Self {
        Self { region, side: region.side(matrix, reader), central: region.central(matrix) }
    }
}

/// The regions to compare that have no cell.
fn without_cells<'a>(
    regions: &BTreeMap<u32, Region<'a>>,
    contrasts: &[(u32, u32)],
) -> BTreeMap<u32, Region<'a>> {
    let named = contrasts.iter().flat_map(|(a, b)| [*a, *b]).filter(|index| !regions.contains_key(index));
    named.map(|index| (index, Region { index, ..Region::default() })).collect()
}

fn plan(regions: &BTreeMap<u32, Region<'_>>, contrasts: &[(u32, u32)]) -> Plan {
    let mut plan = Plan::default();
    let within = regions.values().map(|region| (region, region));
    let across: Vec<_> =
        contrasts.iter().filter_map(|(a, b)| Some((regions.get(a)?, regions.get(b)?))).collect();
    for (first, second) in within.chain(across.iter().copied()) {
        for a in first.compared() {
            plan.pairs.extend(second.compared().iter().filter_map(|b| text_pair(a, b)));
        }
    }
    for answer in regions.values().flat_map(Region::compared) {
        plan.sides.entry(answer.normalised).or_default();
    }
    for answer in across.iter().flat_map(|(a, b)| a.compared().iter().chain(b.compared())) {
        *plan.sides.entry(answer.normalised).or_default() += 1;
    }
    plan
}

fn find(first: &Summary<'_, '_>, second: &Summary<'_, '_>, matrix: &Matrix) -> Finding {
    let (a, b) = (first.region.compared(), second.region.compared());
    let across = matrix.figures(a.iter().flat_map(|a| b.iter().map(move |b| (a, b))));
    let said = Said::of(a, b, matrix);
    let evidence = Evidence {
        sides: [&first.side, &second.side],
        refusal_operators: [first.region.refusal_operators(), second.region.refusal_operators()],
        equality: equality(first.region, second.region),
        across: across.as_ref(),
        said: said.as_ref(),
        refusal: RefusalSplit::of(&first.side.refusals, &second.side.refusals),
    };
    let ways = evidence.ways();
    Finding {
        first: first.region.index,
        second: second.region.index,
        class: evidence.classify(&ways),
        answers: [first.side.answers, second.side.answers],
        operators: [first.side.operators, second.side.operators],
        floor_ppm: evidence.floor(),
        refusal: evidence.refusal,
        chance: evidence.chance(&ways),
        said: said.filter(|said| said.weight > 0),
        across,
        ways,
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
