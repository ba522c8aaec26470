//! Answers to one prompt, and their normalised texts.

use super::head;
use super::input::{Cell, CellState};
use super::normalise::normalise;
use crate::cid::Cid;
use std::collections::BTreeMap;

/// An answer and the number of its normalised text among the distinct ones of the prompt.
#[derive(Clone, Copy)]
pub(super) struct Answer<'a> {
    pub(super) cell: &'a Cell,
    pub(super) text: &'a str,
    pub(super) output: Cid,
    pub(super) normalised: usize,
}

/// One distinct text of a prompt.
pub(super) struct Text<'a> {
    /// Normalised; of a text beyond the limit, its beginning.
    pub(super) normal: String,
    /// As it came, up to the same limit; of several that are equal once normalised, the first in
    /// the order of texts.
    pub(super) raw: &'a str,
    /// Whether it is but a beginning.
    pub(super) cut: bool,
}

/// The distinct texts of a prompt, in the order of their normalised form.
pub(super) struct Texts<'a>(pub(super) Vec<Text<'a>>);

/// Every answer among the cells, in their order, and the texts behind them. Of each text `bytes_max`
/// are read at most; what is longer is equal to another only if its output is.
pub(super) fn answers<'a>(cells: &[&'a Cell], bytes_max: usize) -> (Vec<Answer<'a>>, Texts<'a>) {
    let mut answers = Vec::new();
    let mut by_output: BTreeMap<(Cid, &str), (String, bool)> = BTreeMap::new();
    for cell in cells {
        if let CellState::Answer { text, output } = &cell.state {
            answers.push(Answer { cell, text, output: *output, normalised: 0 });
            let raw = head(text, bytes_max);
            by_output.entry((*output, raw)).or_insert_with(|| (normalise(raw), raw.len() < text.len()));
        }
    }
    let mut distinct: BTreeMap<(&str, Option<Cid>), &str> = BTreeMap::new();
    for ((output, raw), (normal, cut)) in &by_output {
        let first = distinct.entry((normal, cut.then_some(*output))).or_insert(raw);
        *first = (*first).min(raw);
    }
    let numbers: BTreeMap<(&str, Option<Cid>), usize> = distinct.keys().copied().zip(0..).collect();
    for answer in &mut answers {
        let found = by_output.get(&(answer.output, head(answer.text, bytes_max)));
        let number = found
            .and_then(|(normal, cut)| numbers.get(&(normal.as_str(), cut.then_some(answer.output))).copied());
        answer.normalised = number.unwrap_or_default();
    }
    let text = |((normal, cut), raw): (&(&str, Option<Cid>), &&'a str)| Text {
        normal: (*normal).to_owned(),
        raw,
        cut: cut.is_some(),
    };
    let texts = distinct.iter().map(text).collect();
    (answers, Texts(texts))
}
