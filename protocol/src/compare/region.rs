//! One region's answers to one prompt, and the noise among them.

use super::account::bound_counts;
use super::answer::{Answer, Texts, chars_before_the_cut};
use super::clip;
use super::input::{Cell, CellState};
use super::length::{Lengths, Range};
use super::matrix::Matrix;
use super::refusal::{Manner, Reader, Refusals, is_withheld};
use super::report::Side;
use crate::cid::Cid;
use crate::finish::Ending;
use core::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Answers of one region that are measured at most: 120 pairs, a guess at what is plenty for the
/// extremes and the median.
pub const MAX_COMPARED_ANSWERS: usize = 16;
/// Reasons for absent answers that are told apart in one region.
const MAX_REASONS: usize = 4;
/// Bytes of such a reason that are kept.
const MAX_REASON_BYTES: usize = 48;

/// The answers of one region, in the order of repeat and replica.
#[derive(Default)]
pub(super) struct Region<'a> {
    pub(super) index: u32,
    pub(super) cells: Vec<&'a Cell>,
    pub(super) answers: Vec<Answer<'a>>,
    pub(super) outputs: BTreeSet<Cid>,
    pub(super) texts: BTreeSet<usize>,
}

/// Sorts cells and answers into their regions.
pub(super) fn by_region<'a>(cells: &[&'a Cell], answers: &[Answer<'a>]) -> BTreeMap<u32, Region<'a>> {
    let mut regions: BTreeMap<u32, Region<'a>> = BTreeMap::new();
    for cell in cells {
        let region = regions.entry(cell.region).or_default();
        region.index = cell.region;
        region.cells.push(cell);
    }
    for answer in answers {
        if let Some(region) = regions.get_mut(&answer.cell.region) {
            region.outputs.insert(answer.output);
            region.texts.insert(answer.normalised);
            region.answers.push(*answer);
        }
    }
    regions
}

impl<'a> Region<'a> {
    /// The answers that are measured.
    pub(super) fn compared(&self) -> &[Answer<'a>] {
        self.answers.get(..MAX_COMPARED_ANSWERS).unwrap_or(&self.answers)
    }

    /// How many leading characters of its answers are known, where the limit of tokens cut one of them: of the shortest
    /// of those.
    pub(super) fn known_chars(&self, texts: &Texts<'_>) -> Option<usize> {
        let cut = self.compared().iter().filter(|answer| answer.cell.state.ended(Ending::Cut));
        cut.map(|answer| texts.0.get(answer.normalised).map_or(0, |text| chars_before_the_cut(&text.normal)))
            .min()
    }

    /// The noise in this region.
    pub(super) fn side(&self, matrix: &Matrix, manners: &[Manner]) -> Side {
        let compared = self.compared();
        let pairs = || {
            let each = compared.iter().enumerate();
            each.flat_map(|(i, a)| compared.iter().skip(i + 1).map(move |b| (a, b)))
        };
        let one_slot = |(a, b): &(&Answer<'_>, &Answer<'_>)| {
            (a.cell.replica, a.cell.executor) == (b.cell.replica, b.cell.executor)
        };
        let two_operators = |(a, b): &(&Answer<'_>, &Answer<'_>)| a.cell.operator != b.cell.operator;
        Side {
            region: self.index,
            cells: self.cells.len() as u64,
            absent: self.absent(),
            answers: self.answers.len() as u64,
            cut: self.cells.iter().filter(|cell| cell.state.ended(Ending::Cut)).count() as u64,
            compared: compared.len() as u64,
            operators: operators(compared.iter().map(|a| a.cell)),
            distinct: self.outputs.len() as u64,
            distinct_normalised: self.texts.len() as u64,
            lengths: self.lengths(matrix),
            refusals: self.refusals(manners),
            within: matrix.figures(pairs()),
            repeats: matrix.figures(pairs().filter(one_slot)),
            replicas: matrix.figures(pairs().filter(two_operators)),
        }
    }

    /// Cells without an answer, by the reason.
    fn absent(&self) -> BTreeMap<String, u64> {
        let mut absent = BTreeMap::new();
        for reason in self.cells.iter().filter_map(|cell| cell.state.absence()) {
            *absent.entry(clip(&reason, MAX_REASON_BYTES)).or_default() += 1;
        }
        bound_counts(&mut absent, MAX_REASONS);
        absent
    }

    fn lengths(&self, matrix: &Matrix) -> Option<Lengths> {
        let compared = self.compared();
        let texts: Vec<_> = compared.iter().map(|answer| matrix.text(answer)).collect::<Option<_>>()?;
        Some(Lengths {
            chars: Range::of(compared.iter().map(|answer| answer.text.chars().count() as u64).collect())?,
            words: Range::of(texts.iter().map(|text| text.spoken_words).collect())?,
            sentences: Range::of(texts.iter().map(|text| text.sentences).collect())?,
        })
    }

    /// What the compared answers do with the question.
    pub(super) fn manners(&self, reader: &Reader) -> Vec<Manner> {
        self.compared().iter().map(|answer| reader.read(answer.text)).collect()
    }

    /// Refusals among the compared answers and the withheld cells.
    fn refusals(&self, manners: &[Manner]) -> Refusals {
        let mut refusals = Refusals { withheld: self.withheld().count() as u64, ..Refusals::default() };
        manners.iter().for_each(|manner| refusals.add(*manner));
        refusals
    }

    /// Cells whose answers the vendor's filter withheld.
    pub(super) fn withheld(&self) -> impl Iterator<Item = &'a Cell> {
        let cells = self.cells.iter().copied();
        cells.filter(|cell| matches!(&cell.state, CellState::Failed { code } if is_withheld(code)))
    }

    /// The compared answer most alike to the rest of its region by words and by runs of them; of
    /// several the one whose output has the lowest id, then the first.
    pub(super) fn central(&self, matrix: &Matrix) -> Option<Answer<'a>> {
        let sum = |answer: &Answer<'_>| {
            let figures = self.compared().iter().filter_map(|other| matrix.near(answer, other));
            figures.map(|s| u64::from(s.shared_ppm) + u64::from(s.shingles_ppm)).sum::<u64>()
        };
        let ranked = self.compared().iter().map(|answer| ((Reverse(sum(answer)), answer.output), answer));
        ranked.min_by_key(|(rank, _)| *rank).map(|(_, answer)| *answer)
    }
}

fn operators<'a>(cells: impl Iterator<Item = &'a Cell>) -> u64 {
    cells.map(|cell| &cell.operator).collect::<BTreeSet<_>>().len() as u64
}
