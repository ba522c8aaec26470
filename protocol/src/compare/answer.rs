//! Answers to one prompt, and their normalised texts.

use super::input::{Cell, CellState};
use super::normalise::normalise;
use crate::cid::Cid;
use std::collections::{BTreeMap, BTreeSet};

/// An answer and the number of its normalised text among the distinct ones of the prompt.
#[derive(Clone, Copy)]
pub(super) struct Answer<'a> {
    pub(super) cell: &'a Cell,
    pub(super) text: &'a str,
    pub(super) output: Cid,
    pub(super) normalised: usize,
}

/// The distinct normalised texts of a prompt, in the order of the texts themselves.
pub(super) struct Texts(pub(super) Vec<String>);

/// Every answer among the cells, in their order, and the texts behind them.
pub(super) fn answers<'a>(cells: &[&'a Cell]) -> (Vec<Answer<'a>>, Texts) {
    let mut answers = Vec::new();
    let mut normal = Vec::new();
    for cell in cells {
        if let CellState::Answer { text, output } = &cell.state {
            answers.push(Answer { cell, text, output: *output, normalised: 0 });
            normal.push(normalise(text));
        }
    }
    let distinct: BTreeSet<&str> = normal.iter().map(String::as_str).collect();
    let numbers: BTreeMap<&str, usize> = distinct.iter().copied().zip(0..).collect();
    for (answer, text) in answers.iter_mut().zip(&normal) {
        answer.normalised = numbers.get(text.as_str()).copied().unwrap_or_default();
    }
    let texts = distinct.into_iter().map(str::to_owned).collect();
    (answers, Texts(texts))
}
