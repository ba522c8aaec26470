//! One prompt put to one target: the answers of each region, and every pair of regions.

use super::answer::{Answer, Texts, answers, beginnings as beginnings_of};
use super::budget::{Budget, EACH, Purse, READ_ASCII_BYTE, READ_BYTE};
use super::class::{Absent, Class, Shortage};
use super::clip;
use super::coding;
use super::exact::exact;
use super::infer;
use super::input::{Cell, CellState, PromptInfo};
use super::matrix::{MIN_COMPARED_CHARS, Matrix, Plan, text_pair};
use super::panel::{NearestOf, Panel};
use super::refusal::{Manner, Reader, RefusalSplit};
use super::region::{Region, by_region};
use super::report::{Finding, PromptReport, Side};
use super::said::{Held, Said};
use super::sides::Counted;
use crate::finish::Ending;
use crate::study::Reading as Coding;
use std::collections::{BTreeMap, BTreeSet};

/// Fewer bytes of an answer than this are not worth a verdict: what is measured at least, of the
/// widest characters.
const MIN_READ_BYTES: usize = 4 * MIN_COMPARED_CHARS;

/// Independent operators a side needs: with one, nobody tells its own noise from the region.
const MIN_OPERATORS: u64 = 2;

/// What is asked of [`examine`].
pub(super) struct Question<'q> {
    /// Index of the prompt.
    pub(super) index: u32,
    pub(super) prompt: &'q PromptInfo,
    pub(super) deterministic: bool,
    /// Pairs of regions, in canonical order.
    pub(super) pairs: &'q [(u32, u32)],
    pub(super) reader: &'q Reader,
    /// How the study plan has the answers read.
    pub(super) coding: Option<&'q Coding>,
}

/// What came of it.
pub(super) struct Examined<'a> {
    pub(super) report: PromptReport,
    /// Every pair, detailed or not.
    pub(super) probes: Vec<Probe>,
    /// What tests see of each region.
    pub(super) counted: BTreeMap<u32, Vec<Counted<'a>>>,
    /// Which answers of each region are the most alike.
    pub(super) nearest: Vec<NearestOf<'a>>,
    /// The answers to diff, for each finding whose sides differ.
    pub(super) examples: Vec<Option<Pair<'a>>>,
}

/// What was found out about one pair of regions.
pub(super) struct Probe {
    pub(super) regions: (u32, u32),
    /// What it is, unless a trial makes it a candidate.
    pub(super) class: Class,
    /// The texts of both, as tests see them.
    pub(super) texts: Option<infer::Texts>,
}

/// Two answers to diff, and the compared answers of their regions.
pub(super) struct Pair<'a> {
    pub(super) central: [Answer<'a>; 2],
    pub(super) sides: [Vec<Answer<'a>>; 2],
    /// Whether they are beginnings.
    pub(super) by_beginnings: bool,
}

/// A pair as it was found: what is shown of it, what is diffed, what is tested.
type Found<'a> = (Finding, Option<Pair<'a>>, Probe);

/// Compares the cells of one (target, prompt), which come in the order of region, repeat, replica.
pub(super) fn examine<'a>(question: &Question<'_>, cells: &[&'a Cell], budget: &mut Budget) -> Examined<'a> {
    let bytes_max = bytes_to_read(cells, budget);
    let (answers, texts) = answers(cells, bytes_max);
    let regions = with_all_of(question.pairs, by_region(cells, &answers));
    let mut by_beginnings = pairs_by_beginnings(&regions, question.pairs, &texts);
    let pairs_of_wholes = by_beginnings.remove(&None).unwrap_or_default();
    let mut near = budget.near.split(1 + by_beginnings.len() as u64);
    let reading = Reading { regions, texts, beginnings: None, bytes_max };
    let whole = Lot::measure(reading, &pairs_of_wholes, question, &mut near);
    let mut found: Vec<Found<'a>> = Vec::new();
    for pair in &pairs_of_wholes {
        found.extend(whole.find(*pair, &whole));
    }
    for (beginnings, pairs) in by_beginnings {
        let of_pairs: BTreeSet<u32> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
        let cells: Vec<&Cell> =
            cells.iter().copied().filter(|cell| of_pairs.contains(&cell.region)).collect();
        let (answers, texts) = beginnings_of(&cells, bytes_max, beginnings.unwrap_or_default());
        let regions = with_all_of(&pairs, by_region(&cells, &answers));
        let lot =
            Lot::measure(Reading { regions, texts, beginnings, bytes_max }, &pairs, question, &mut near);
        for pair in &pairs {
            found.extend(lot.find(*pair, &whole));
        }
    }
    found.sort_by_key(|(finding, _, _)| (finding.first, finding.second));
    budget.near.take_back(near);

    let (mut findings, mut examples, mut probes) = (Vec::new(), Vec::new(), Vec::new());
    for (finding, example, probe) in found {
        findings.push(finding);
        examples.push(example);
        probes.push(probe);
    }
    let matrix = &whole.matrix;
    let report = PromptReport {
        prompt: question.index,
        id: clip(&question.prompt.id, 64),
        topic: clip(&question.prompt.topic, 64),
        kind: clip(&question.prompt.kind, 32),
        compared_chars: matrix.chars_max as u64,
        truncated_answers: answers.iter().filter(|answer| matrix.truncates(answer)).count() as u64,
        sides: whole.sides(),
        findings,
        findings_left_out: 0,
        exact: question.deterministic.then(|| exact(&answers)),
    };
    let counted =
        whole.regions.iter().map(|(region, measured)| (*region, measured.counted(question.coding))).collect();
    let nearest = whole.regions.values().filter_map(|measured| whole.nearest(&measured.region)).collect();
    Examined { report, probes, counted, nearest, examples }
}

/// How many bytes of each answer may be read, each time that it is: once as a whole, and for each region with an answer
/// that was cut off perhaps once more for the beginnings, which are looked for in two passes.
fn bytes_to_read(cells: &[&Cell], budget: &mut Budget) -> usize {
    // how long each is, and what a byte of it costs
    let lengths = || {
        cells.iter().filter_map(|cell| match &cell.state {
            CellState::Answer { text, .. } if text.is_ascii() => Some((text.len() as u64, READ_ASCII_BYTE)),
            CellState::Answer { text, .. } => Some((text.len() as u64, READ_BYTE)),
            _ => None,
        })
    };
    let cut = cells.iter().filter(|cell| cell.state.ended(Ending::Cut)).map(|cell| cell.region);
    let times = 1 + 2 * cut.collect::<BTreeSet<_>>().len() as u64;
    let count = lengths().count() as u64;
    let of_bytes = lengths().map(|(_, byte_costs)| byte_costs).sum::<u64>();
    let bytes_max = (budget.read.share() / times).saturating_sub(EACH * count) / of_bytes.max(1);
    let read = lengths().map(|(length, byte_costs)| (length.min(bytes_max) * byte_costs + EACH) * times);
    budget.read.spend(read.fold(0, u64::saturating_add));
    usize::try_from(bytes_max).unwrap_or(usize::MAX)
}

/// The pairs to compare, by how many leading characters of their answers are known: where none was cut off, all.
fn pairs_by_beginnings(
    regions: &BTreeMap<u32, Region<'_>>,
    pairs: &[(u32, u32)],
    texts: &Texts<'_>,
) -> BTreeMap<Option<usize>, Vec<(u32, u32)>> {
    let known: BTreeMap<u32, usize> =
        regions.iter().filter_map(|(index, region)| Some((*index, region.known_chars(texts)?))).collect();
    let mut by_beginnings: BTreeMap<Option<usize>, Vec<(u32, u32)>> = BTreeMap::new();
    for (a, b) in pairs {
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
    /// What its measured answers do with the question.
    manners: Vec<Manner>,
    /// Which of them hold which word; none unless all were measured whole.
    held: Option<Held>,
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
        near: &mut Purse,
    ) -> Self {
        let Reading { regions, texts, beginnings, bytes_max } = reading;
        let unread = bytes_max < MIN_READ_BYTES && texts.0.iter().any(|text| text.cut);
        let plan = Plan { unread: unread || beginnings == Some(0), ..plan(&regions, pairs) };
        let matrix = Matrix::measure(&texts, &plan, near);
        let measured = |(index, region): (u32, Region<'a>)| {
            let manners = region.manners(question.reader);
            let (side, central) = (region.side(&matrix, &manners), region.central(&matrix));
            // a word may stand in what was cut off
            let held = if beginnings.is_none() { matrix.held(region.compared()) } else { None };
            (index, Measured { region, side, central, manners, held })
        };
        let regions = regions.into_iter().map(measured).collect();
        Self { regions, matrix, beginnings }
    }

    /// The noise in each region that has a cell.
    fn sides(&self) -> Vec<Side> {
        let asked = self.regions.values().filter(|measured| !measured.region.cells.is_empty());
        asked.map(|measured| measured.side.clone()).collect()
    }

    /// Which answers of a region are the most alike; none where they were not measured.
    fn nearest(&self, region: &Region<'a>) -> Option<NearestOf<'a>> {
        let compared = region.compared();
        let mut best = (0, 0, None);
        for (at, one) in compared.iter().enumerate() {
            for (beside, other) in compared.iter().enumerate().skip(at + 1) {
                let near = self.matrix.near(one, other)?;
                let alike = (near.shingles_ppm, near.shared_ppm);
                if alike > (best.0, best.1) {
                    best = (alike.0, alike.1, Some((at, beside)));
                } else if alike == (best.0, best.1) {
                    best.2 = None;
                }
            }
        }
        let operators = compared.iter().map(|answer| &answer.cell.operator).collect();
        Some(NearestOf { operators, pair: best.2 })
    }

    /// Compares two of its regions; equality is that of the whole answers. None if it does not have both.
    fn find(&self, (a, b): (u32, u32), whole: &Self) -> Option<Found<'a>> {
        let (first, second) = (self.regions.get(&a)?, self.regions.get(&b)?);
        let class = self.class([first, second], [whole.regions.get(&a)?, whole.regions.get(&b)?]);
        let differ = !matches!(class, Class::Identical | Class::Missing(_));
        let everybody = Panel::default();
        let texts = pair_texts(
            &self.matrix,
            [first, second].map(|measured| measured.region.compared()),
            [first.held.as_ref(), second.held.as_ref()],
            [&everybody; 2],
        );
        let finding = self.finding([first, second], class);
        let central = first.central.zip(second.central).filter(|_| differ);
        let compared = || [first, second].map(|measured| measured.region.compared().to_vec());
        let by_beginnings = self.beginnings.is_some();
        let pair = central.map(|(a, b)| Pair { central: [a, b], sides: compared(), by_beginnings });
        Some((finding, pair, Probe { regions: (a, b), class, texts }))
    }

    fn finding(&self, [first, second]: [&Measured<'_>; 2], class: Class) -> Finding {
        let (a, b) = (first.region.compared(), second.region.compared());
        let said = first.held.as_ref().zip(second.held.as_ref());
        Finding {
            first: first.region.index,
            second: second.region.index,
            class,
            trials: Vec::new(),
            answers: [first.side.answers, second.side.answers],
            operators: [first.side.operators, second.side.operators],
            beginnings_chars: self.beginnings.map(|chars| chars as u64),
            across: self.matrix.figures(a.iter().flat_map(|a| b.iter().map(move |b| (a, b)))),
            said: said.and_then(|(one, other)| Said::of([one, other], [a.len(), b.len()], &self.matrix)),
            refusal: RefusalSplit::of(&first.side.refusals, &second.side.refusals),
            example: None,
        }
    }

    /// What a pair is, unless a trial makes it a candidate.
    fn class(&self, pair: [&Measured<'_>; 2], wholes: [&Measured<'_>; 2]) -> Class {
        match pair.map(|measured| measured.side.answers == 0) {
            [true, true] => return Class::Missing(Absent::Both),
            [true, false] => return Class::Missing(Absent::First),
            [false, true] => return Class::Missing(Absent::Second),
            [false, false] => {}
        }
        let [first, second] = wholes.map(|measured| &measured.region);
        if first.outputs.len() == 1 && first.outputs == second.outputs {
            return Class::Identical;
        }
        if first.texts.len() == 1 && first.texts == second.texts {
            return Class::EqualNormalised;
        }
        if pair.iter().any(|measured| measured.side.operators < MIN_OPERATORS) {
            Class::Insufficient(Shortage::FewOperators)
        } else if self.beginnings == Some(0) {
            Class::Insufficient(Shortage::CutShort)
        } else if self.matrix.chars_max == 0 {
            Class::Insufficient(Shortage::TooCostly)
        } else {
            Class::NotShown
        }
    }
}

impl<'a> Measured<'a> {
    /// What tests see of it: its measured answers, and after them what was withheld.
    fn counted(&self, coding: Option<&Coding>) -> Vec<Counted<'a>> {
        let of_answer = |(answer, manner): (&Answer<'a>, &Manner)| Counted {
            operator: &answer.cell.operator,
            declined: match manner {
                Manner::Answers => Some(false),
                Manner::Refuses | Manner::Deflects => Some(true),
                Manner::NotMeasured => None,
            },
            coded: coding.and_then(|coding| coding::read(answer.text, coding)),
            text: true,
            asked_ms: answer.cell.asked_ms,
        };
        let of_withheld = |cell: &'a Cell| Counted {
            operator: &cell.operator,
            declined: Some(true),
            coded: None,
            text: false,
            asked_ms: cell.asked_ms,
        };
        let answers = self.region.compared().iter().zip(&self.manners).map(of_answer);
        answers.chain(self.region.withheld().map(of_withheld)).collect()
    }
}

/// The texts of two sides that count, as tests see them; none if they were not measured. Held words are left out where one of the
/// sides does not tell them.
pub(super) fn pair_texts(
    matrix: &Matrix,
    sides: [&[Answer<'_>]; 2],
    held: [Option<&Held>; 2],
    panels: [&Panel<'_>; 2],
) -> Option<infer::Texts> {
    let counted = |panel: &Panel<'_>, answers: &[Answer<'_>]| {
        panel.counted(answers.iter().map(|answer| &answer.cell.operator))
    };
    let places = [counted(panels[0], sides[0]), counted(panels[1], sides[1])];
    let mut answers = Vec::new();
    for (side, places) in sides.iter().zip(&places) {
        answers.extend(places.iter().filter_map(|place| side.get(*place)));
    }
    let mut distances_ppm = Vec::with_capacity(answers.len() * answers.len());
    for one in &answers {
        for other in &answers {
            distances_ppm.push(1_000_000 - matrix.near(one, other)?.shared_ppm);
        }
    }
    let holders = match held {
        [Some(first), Some(second)] => holders([first, second], &places),
        _ => Vec::new(),
    };
    Some(infer::Texts { distances_ppm, holders, answers: answers.len() as u32 })
}

/// Which answers of both sides hold how many words that no other set of them holds.
fn holders(held: [&Held; 2], places: &[Vec<usize>; 2]) -> Vec<(u32, u32)> {
    let packed = |held: u16, places: &[usize]| {
        let bits = places.iter().enumerate().filter(|(_, place)| held >> **place & 1 == 1);
        bits.fold(0_u32, |set, (at, _)| set | 1 << at)
    };
    let shift = places[0].len() as u32;
    let all = u32::try_from((1_u64 << (places[0].len() + places[1].len()).min(32)) - 1).unwrap_or(u32::MAX);
    let words = held[0].iter().zip(held[1]).filter(|(one, other)| **one | **other != 0);
    let set = |(one, other): (&u16, &u16)| {
        packed(*one, &places[0]) | packed(*other, &places[1]).checked_shl(shift).unwrap_or(0)
    };
    let mut sets: Vec<u32> = words.map(set).filter(|set| *set != 0 && *set != all).collect();
    sets.sort_unstable();
    sets.chunk_by(|a, b| a == b).filter_map(|run| Some((*run.first()?, run.len() as u32))).collect()
}

/// What is measured to compare these pairs of regions: answers within each of them, and across. Where there is no pair, answers within
/// all regions.
pub(super) fn plan(regions: &BTreeMap<u32, Region<'_>>, contrasts: &[(u32, u32)]) -> Plan {
    let mut plan = Plan::default();
    let named: BTreeSet<u32> = contrasts.iter().flat_map(|(a, b)| [*a, *b]).collect();
    let of_pairs = || regions.values().filter(|region| named.is_empty() || named.contains(&region.index));
    let within = of_pairs().map(|region| (region, region));
    let asked = |index: &u32| regions.get(index).filter(|region| !region.cells.is_empty());
    let across: Vec<_> = contrasts.iter().filter_map(|(a, b)| Some((asked(a)?, asked(b)?))).collect();
    for (first, second) in within.chain(across.iter().copied()) {
        for a in first.compared() {
            plan.pairs.extend(second.compared().iter().filter_map(|b| text_pair(a, b)));
        }
    }
    for answer in of_pairs().flat_map(Region::compared) {
        plan.sides.entry(answer.normalised).or_default();
    }
    for answer in across.iter().flat_map(|(a, b)| a.compared().iter().chain(b.compared())) {
        *plan.sides.entry(answer.normalised).or_default() += 1;
    }
    plan
}
