//! One region's answers to one prompt, and the noise among them.

use super::answer::Answer;
use super::matrix::Matrix;
use super::report::Side;
use crate::cid::Cid;
use std::collections::{BTreeMap, BTreeSet};

/// Answers of one region that are measured at most: 120 pairs, a guess at what is plenty for the
/// extremes and the median.
pub const MAX_COMPARED_ANSWERS: usize = 16;

/// The answers of one region, in the order of repeat and replica.
#[derive(Default)]
pub(super) struct Region<'a> {
    pub(super) index: u32,
    pub(super) cells: u64,
    pub(super) answers: Vec<Answer<'a>>,
    pub(super) outputs: BTreeSet<Cid>,
    pub(super) texts: BTreeSet<usize>,
}

/// Sorts cells (given by the index of their region) and answers into their regions.
pub(super) fn by_region<'a>(
    cells: impl Iterator<Item = u32>,
    answers: &[Answer<'a>],
) -> BTreeMap<u32, Region<'a>> {
    let mut regions: BTreeMap<u32, Region<'a>> = BTreeMap::new();
    for index in cells {
        let region = regions.entry(index).or_default();
        region.index = index;
        region.cells += 1;
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

    /// The noise in this region.
    pub(super) fn side(&self, matrix: &Matrix) -> Side {
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
            cells: self.cells,
            answers: self.answers.len() as u64,
            compared: compared.len() as u64,
            operators: compared.iter().map(|a| &a.cell.operator).collect::<BTreeSet<_>>().len() as u64,
            distinct: self.outputs.len() as u64,
            distinct_normalised: self.texts.len() as u64,
            within: matrix.figures(pairs()),
            repeats: matrix.figures(pairs().filter(one_slot)),
            replicas: matrix.figures(pairs().filter(two_operators)),
        }
    }

    /// The compared answer most alike to the rest of its region by words, shared and in order; of
    /// several the one whose output has the lowest id, then the first.
    pub(super) fn central(&self, matrix: &Matrix) -> Option<Answer<'a>> {
        let sum = |answer: &Answer<'_>| {
            let figures = self.compared().iter().filter_map(|other| matrix.get(answer, other));
            figures.map(|s| u64::from(s.shared_ppm) + u64::from(s.words_ppm)).sum::<u64>()
        };
        let ranked =
            self.compared().iter().map(|answer| ((core::cmp::Reverse(sum(answer)), answer.output), answer));
        ranked.min_by_key(|(rank, _)| *rank).map(|(_, answer)| *answer)
    }
}
