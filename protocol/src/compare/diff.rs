//! Word diff of two texts as they came.

use super::budget::EACH;
use super::head;
use super::words;
use serde::{Deserialize, Serialize};
use similar::algorithms::{DiffHook, myers};
use std::convert::Infallible;
use unicode_segmentation::UnicodeSegmentation;

/// Leading bytes of a text that are diffed at most: two screens of text.
pub(super) const MAX_DIFF_BYTES: usize = 4_096;
/// Leading words, spaces and marks that are diffed at most. The search is quadratic in them.
const MAX_DIFF_TOKENS: usize = 1_024;
/// Fewer than this are not worth diffing.
const MIN_DIFF_TOKENS: usize = 64;

/// One step from the first text to the second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiffOp {
    /// In both.
    Equal(String),
    /// In the first only.
    Delete(String),
    /// In the second only.
    Insert(String),
}

impl DiffOp {
    /// The text of the step.
    pub fn text(&self) -> &str {
        match self {
            DiffOp::Equal(text) | DiffOp::Delete(text) | DiffOp::Insert(text) => text,
        }
    }
}

/// A word diff: what is equal or deleted makes up the first text, what is equal or inserted the
/// second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordDiff {
    /// The steps; of two neighbouring changes the deletion comes first.
    pub ops: Vec<DiffOp>,
    /// Whether only the beginnings were diffed (4 KiB or 1,024 words and spaces of each).
    pub truncated: bool,
}

/// The shortest way from one text to another in words, spaces and marks by UAX #29. White space
/// alone between two changes counts as changed, so that a changed phrase stays in one piece.
pub fn word_diff(first: &str, second: &str) -> WordDiff {
    diff_heads(first, second, MAX_DIFF_TOKENS)
}

/// As [`word_diff`], of as many words and spaces as the steps allow: half of 1,024, a quarter and so
/// on down to 64. None below that. Takes the steps it needs from those given.
pub(super) fn word_diff_within(first: &str, second: &str, steps: &mut u64) -> Option<WordDiff> {
    let count = |text| tokens(head(text, MAX_DIFF_BYTES)).take(MAX_DIFF_TOKENS).count();
    let (first_tokens, second_tokens) = (count(first), count(second));
    let limits = core::iter::successors(Some(MAX_DIFF_TOKENS), |max| Some(max / 2));
    let mut limits = limits.take_while(|max| *max >= MIN_DIFF_TOKENS);
    let cost = |max: usize| cost(first_tokens.min(max), second_tokens.min(max));
    let max = limits.find(|max| cost(*max) <= *steps)?;
    *steps -= cost(max);
    Some(diff_heads(first, second, max))
}

/// Steps for diffing so many words and spaces: the search visits each pair of them at worst.
fn cost(first: usize, second: usize) -> u64 {
    let (first, second) = (first as u64, second as u64);
    first * second * 2 + (first + second + 1) * EACH
}

fn diff_heads(first: &str, second: &str, tokens_max: usize) -> WordDiff {
    let cut = |text| head_tokens(text, tokens_max);
    let (first_head, second_head) = (cut(first), cut(second));
    let truncated = first_head.len() < first.len() || second_head.len() < second.len();
    let (old, new): (Vec<&str>, Vec<&str>) = (tokens(first_head).collect(), tokens(second_head).collect());
    let mut ops = Ops { old: &old, new: &new, ..Ops::default() };
    // no deadline: the search is bounded by size, and the script does not depend on the machine
    match myers::diff_deadline_raw(&mut ops, &old[..], 0..old.len(), &new[..], 0..new.len(), None) {
        Ok(()) => {}
        Err(never) => match never {},
    }
    ops.flush();
    WordDiff { ops: ops.ops, truncated }
}

fn head_tokens(text: &str, tokens_max: usize) -> &str {
    let head = head(text, MAX_DIFF_BYTES);
    let end = head.split_word_bound_indices().nth(tokens_max).map_or(head.len(), |(i, _)| i);
    head.get(..end).unwrap_or_default()
}

fn tokens(text: &str) -> impl Iterator<Item = &str> {
    words::pieces(text)
}

/// Collects the script: changes not yet written, then equal text not yet written.
#[derive(Default)]
struct Ops<'a> {
    old: &'a [&'a str],
    new: &'a [&'a str],
    ops: Vec<DiffOp>,
    deleted: String,
    inserted: String,
    gap: String,
}

impl Ops<'_> {
    /// Called before a change: the gap is closed if it is white space between two changes.
    fn change(&mut self) {
        let between_changes = !self.deleted.is_empty() || !self.inserted.is_empty();
        if between_changes && self.gap.chars().all(char::is_whitespace) {
            self.deleted.push_str(&self.gap);
            self.inserted.push_str(&self.gap);
            self.gap.clear();
        } else {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let ops = [
            DiffOp::Delete(core::mem::take(&mut self.deleted)),
            DiffOp::Insert(core::mem::take(&mut self.inserted)),
            DiffOp::Equal(core::mem::take(&mut self.gap)),
        ];
        self.ops.extend(ops.into_iter().filter(|op| !op.text().is_empty()));
    }
}

fn joined(tokens: &[&str], from: usize, len: usize) -> String {
    tokens.get(from..from.saturating_add(len)).unwrap_or_default().concat()
}

impl DiffHook for Ops<'_> {
    type Error = Infallible;

    fn equal(&mut self, old_index: usize, _new_index: usize, len: usize) -> Result<(), Infallible> {
        self.gap.push_str(&joined(self.old, old_index, len));
        Ok(())
    }

    fn delete(&mut self, old_index: usize, old_len: usize, _new_index: usize) -> Result<(), Infallible> {
        self.change();
        self.deleted.push_str(&joined(self.old, old_index, old_len));
        Ok(())
    }

    fn insert(&mut self, _old_index: usize, new_index: usize, new_len: usize) -> Result<(), Infallible> {
        self.change();
        self.inserted.push_str(&joined(self.new, new_index, new_len));
        Ok(())
    }
}
