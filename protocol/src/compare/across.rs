//! Texts of two targets: what a plan's contrast of one model against another compares.

use super::answer::{Answer, Texts, answers, beginnings};
use super::budget::Purse;
use super::infer;
use super::input::{Cell, CellState};
use super::matrix::Matrix;
use super::panel::Panel;
use super::prompt::{pair_texts, plan};
use super::region::{MAX_COMPARED_ANSWERS, Region};
use std::collections::BTreeMap;

/// Bytes of an answer that are read here.
const READ_BYTES: usize = 16 << 10;

/// The texts of both sides' cells, as tests see them; none if there is too much of them. Where the limit of tokens cut one off, they
/// are taken by their beginnings.
pub(super) fn texts_across<'a>(
    sides: [&[&'a Cell]; 2],
    panels: [&Panel<'_>; 2],
    near: &mut Purse,
) -> Option<infer::Texts> {
    let first_most = |cells: &&[&'a Cell]| {
        let answered = cells.iter().copied().filter(|cell| matches!(cell.state, CellState::Answer { .. }));
        answered.take(MAX_COMPARED_ANSWERS).collect::<Vec<_>>()
    };
    let sides = sides.each_ref().map(first_most);
    let cells: Vec<&'a Cell> = sides.iter().flatten().copied().collect();
    let (read, texts) = answers(&cells, READ_BYTES);
    let regions = in_two(&sides, &read);
    let known = regions.values().filter_map(|region| region.known_chars(&texts)).min();
    match known {
        None => measured(&regions, &texts, true, panels, near),
        Some(chars) => {
            let (read, texts) = beginnings(&cells, READ_BYTES, chars);
            measured(&in_two(&sides, &read), &texts, false, panels, near)
        }
    }
}

/// Both sides as if they were two regions.
fn in_two<'a>(sides: &[Vec<&'a Cell>; 2], read: &[Answer<'a>]) -> BTreeMap<u32, Region<'a>> {
    let (first, second) = read.split_at(sides[0].len().min(read.len()));
    let region = |(index, answers): (u32, &[Answer<'a>])| {
        let cells = answers.iter().map(|answer| answer.cell).collect();
        (index, Region { index, cells, answers: answers.to_vec(), ..Region::default() })
    };
    [(0, first), (1, second)].map(region).into()
}

fn measured(
    regions: &BTreeMap<u32, Region<'_>>,
    texts: &Texts<'_>,
    whole: bool,
    panels: [&Panel<'_>; 2],
    near: &mut Purse,
) -> Option<infer::Texts> {
    let matrix = Matrix::measure(texts, &plan(regions, &[(0, 1)]), near);
    if matrix.chars_max == 0 {
        return None;
    }
    let sides = [regions.get(&0)?.compared(), regions.get(&1)?.compared()];
    let held = sides.map(|answers| if whole { matrix.held(answers) } else { None });
    pair_texts(&matrix, sides, [held[0].as_ref(), held[1].as_ref()], panels)
}
