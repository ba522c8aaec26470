//! One prompt put to one target: the noise in each region, and every pair of regions.

use super::answer::{Answer, Texts, answers, beginnings as beginnings_of};
use super::budget::{Budget, EACH, Purse, READ_BYTE};
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
use crate::finish::Ending;
use std::collections::{BTreeMap, BTreeSet};

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
    /// Whether they are beginnings.
    pub(super) by_beginnings: bool,
}

/// Compares the cells of one (target, prompt), which come in the order of region, repeat, replica.
pub(super) fn examine<'a>(question: &Question<'_>, cells: &[&'a Cell], budget: &mut Budget) -> Examined<'a> {
    let bytes_max = bytes_to_read(cells, budget);
    let (answers, texts) = answers(cells, bytes_max);
    let regions = with_all_of(question.contrasts, by_region(cells, &answers));
    let mut by_beginnings = pairs_by_beginnings(&regions, question.contrasts, &texts);
    let pairs_of_wholes = by_beginnings.remove(&None).unwrap_or_default();
    let count = 1 + by_beginnings.len() as u64;
    let mut purses = [budget.near.split(count), budget.close.split(count)];
    let whole = Lot::measure(
        Reading { regions, texts, beginnings: None, bytes_max },
        &pairs_of_wholes,
        question,
        &mut purses,
    );
    let mut found: Vec<_> = pairs_of_wholes.iter().filter_map(|pair| whole.find(*pair, &whole)).collect();
    for (beginnings, pairs) in by_beginnings {
        let of_pairs: BTreeSet<u32> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
        let cells: Vec<&Cell> =
            cells.iter().copied().filter(|cell| of_pairs.contains(&cell.region)).collect();
        let (answers, texts) = beginnings_of(&cells, bytes_max, beginnings.unwrap_or_default());
        let regions = with_all_of(&pairs, by_region(&cells, &answers));
        let reading = Reading { regions, texts, beginnings, bytes_max };
        let lot = Lot::measure(reading, &pairs, question, &mut purses);
        found.extend(pairs.iter().filter_map(|pair| lot.find(*pair, &whole)));
    }
    found.sort_by_key(|(finding, _)| (finding.first, finding.second));
    let [near, close] = purses;
    budget.near.take_back(near);
    budget.close.take_back(close);

    let (mut classes, mut ways) = (ClassCounts::default(), WayCounts::default());
    for (finding, _) in &found {
        classes.add(&finding.class);
        ways.add(&finding.ways);
    }
    let findings_left_out = keep_foremost(&mut found);
    let (findings, examples) = found.into_iter().unzip();
    let matrix = &whole.matrix;
    let report = PromptReport {
        prompt: question.index,
        id: clip(&question.prompt.id, 64),
        topic: clip(&question.prompt.topic, 64),
        kind: clip(&question.prompt.kind, 32),
        compared_chars: matrix.chars_max as u64,
        ordered_chars: matrix.close_chars_max as u64,
        truncated_answers: answers.iter().filter(|answer| matrix.truncates(answer)).count() as u64,
        sides: whole.sides(),
        findings,
        findings_left_out,
        exact: question.deterministic.then(|| exact(&answers)),
    };
    Examined { report, classes, ways, examples }
}

/// How many bytes of each answer may be read, each time that it is: once as a whole, and for each region with an answer
/// that was cut off perhaps once more for the beginnings, which are looked for in two passes.
fn bytes_to_read(cells: &[&Cell], budget: &mut Budget) -> usize {
    let lengths = || {
        cells.iter().filter_map(|cell| match &cell.state {
            CellState::Answer { text, .. } => Some(text.len() as u64),
            _ => None,
        })
    };
    let cut = cells.iter().filter(|cell| cell.state.ended(Ending::Cut)).map(|cell| cell.region);
    let times = 1 + 2 * cut.collect::<BTreeSet<_>>().len() as u64;
    let count = lengths().count() as u64;
    let bytes_max = (budget.read.share() / READ_BYTE / times).saturating_sub(EACH * count) / count.max(1);
    let read = lengths().map(|length| (length.min(bytes_max) * READ_BYTE + EACH) * times);
    budget.read.spend(read.fold(0, u64::saturating_add));
    usize::try_from(bytes_max).unwrap_or(usize::MAX)
}

/// The pairs to compare, by how many leading characters of their answers are known: where none was cut off, all.
fn pairs_by_beginnings(
    regions: &BTreeMap<u32, Region<'_>>,
    contrasts: &[(u32, u32)],
    texts: &Texts<'_>,
) -> BTreeMap<Option<usize>, Vec<(u32, u32)>> {
    let known: BTreeMap<u32, usize> =
        regions.iter().filter_map(|(index, region)| Some((*index, region.known_chars(texts)?))).collect();
    let mut by_beginnings: BTreeMap<Option<usize>, Vec<(u32, u32)>> = BTreeMap::new();
    for (a, b) in contrasts {
        let shortest = [a, b].into_iter().filter_map(|index| known.get(index).copied()).min();
        by_beginnings.entry(shortest).or_default().push((*a, *b));
    }
    by_beginnings
}

/// The regions, and with them those of the pairs that have no cell.
fn with_all_of<'a>(
    pairs: &[(u32, u32)],
    mut regions: BTreeMap<u32, Region<'a>>,
) -> BTreeMap<u32, Region<'a>> {
    for index in pairs.iter().flat_map(|(a, b)| [*a, *b]) {
        regions.entry(index).or_insert_with(|| Region { index, ..Region::default() });
    }
    regions
}

/// Answers as they were read.
struct Reading<'a> {
    regions: BTreeMap<u32, Region<'a>>,
    texts: Texts<'a>,
    /// Leading characters that stand for each answer; none if it is the whole.
    beginnings: Option<usize>,
    bytes_max: usize,
}

/// A region, its noise and its most central answer.
struct Measured<'a> {
    region: Region<'a>,
    side: Side,
    central: Option<Answer<'a>>,
}

/// The regions of some pairs, measured.
struct Lot<'a> {
    regions: BTreeMap<u32, Measured<'a>>,
    matrix: Matrix,
    beginnings: Option<usize>,
}

impl<'a> Lot<'a> {
    fn measure(
        reading: Reading<'a>,
        pairs: &[(u32, u32)],
        question: &Question<'_>,
        purses: &mut [Purse; 2],
    ) -> Self {
        let Reading { regions, texts, beginnings, bytes_max } = reading;
        let unread = bytes_max < MIN_READ_BYTES && texts.0.iter().any(|text| text.cut);
        let plan = Plan { unread: unread || beginnings == Some(0), ..plan(&regions, pairs) };
        let [near, close] = purses;
        let matrix = Matrix::measure(&texts, &plan, near, close);
        let measured = |(index, region): (u32, Region<'a>)| {
            let (side, central) = (region.side(&matrix, question.reader), region.central(&matrix));
            (index, Measured { region, side, central })
        };
        let regions = regions.into_iter().map(measured).collect();
        Self { regions, matrix, beginnings }
    }

    /// The noise in each region that has a cell.
    fn sides(&self) -> Vec<Side> {
        let asked = self.regions.values().filter(|measured| !measured.region.cells.is_empty());
        asked.map(|measured| measured.side.clone()).collect()
    }

    /// Compares two of its regions; equality is that of the whole answers. None if it does not have both.
    fn find(&self, (a, b): (u32, u32), whole: &Self) -> Option<(Finding, Option<Pair<'a>>)> {
        let (first, second) = (self.regions.get(&a)?, self.regions.get(&b)?);
        let equality = equality(&whole.regions.get(&a)?.region, &whole.regions.get(&b)?.region);
        let finding = self.finding(first, second, equality);
        let differ = !matches!(finding.class, Class::Identical | Class::Missing(_));
        let central = first.central.zip(second.central).filter(|_| differ);
        let sides = || [first, second].map(|measured| measured.region.compared().to_vec());
        let by_beginnings = self.beginnings.is_some();
        let pair = central.map(|(a, b)| Pair { central: [a, b], sides: sides(), by_beginnings });
        Some((finding, pair))
    }

    fn finding(&self, first: &Measured<'_>, second: &Measured<'_>, equality: Equality) -> Finding {
        let (a, b) = (first.region.compared(), second.region.compared());
        let across = self.matrix.figures(a.iter().flat_map(|a| b.iter().map(move |b| (a, b))));
        // a word may stand in what was cut off
        let said = self.beginnings.is_none().then(|| Said::of(a, b, &self.matrix)).flatten();
        let evidence = Evidence {
            sides: [&first.side, &second.side],
            refusal_operators: [first.region.refusal_operators(), second.region.refusal_operators()],
            equality,
            beginnings: self.beginnings,
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
            beginnings_chars: self.beginnings.map(|chars| chars as u64),
            floor_ppm: evidence.floor(),
            refusal: evidence.refusal,
            chance: evidence.chance(&ways),
            said: said.filter(|said| said.weight > 0),
            across,
            ways,
            example: None,
        }
    }
}

fn plan(regions: &BTreeMap<u32, Region<'_>>, contrasts: &[(u32, u32)]) -> Plan {
    let mut plan = Plan::default();
    let within = regions.values().map(|region| (region, region));
    let asked = |index: &u32| regions.get(index).filter(|region| !region.cells.is_empty());
    let across: Vec<_> = contrasts.iter().filter_map(|(a, b)| Some((asked(a)?, asked(b)?))).collect();
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
