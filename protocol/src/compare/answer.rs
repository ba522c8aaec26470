//! Answers to one prompt, and their normalised texts.

use super::head;
use super::input::{Cell, CellState};
use super::normalise::normalise;
use super::words::pieces;
use crate::cid::Cid;
use std::collections::BTreeMap;
use unicode_segmentation::UnicodeSegmentation;

/// Leading characters of a normalised text that are measured at most. About 1,300 English words;
/// a guess at the longest answer worth reading to the end. Longer texts may still be told apart as
/// unequal, since equality is judged on the whole.
pub const MAX_COMPARED_CHARS: usize = 8_192;

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

/// What is looked at of one answer.
struct Seen<'a> {
    /// What stands for it.
    text: &'a str,
    /// What is read of that.
    raw: &'a str,
    normal: String,
    /// Whether there is more of it.
    cut: bool,
}

/// Every answer among the cells, in their order, and the texts behind them. Of each text `bytes_max`
/// are read at most; what is longer is equal to another only if its output is.
pub(super) fn answers<'a>(cells: &[&'a Cell], bytes_max: usize) -> (Vec<Answer<'a>>, Texts<'a>) {
    gather(cells, |text| {
        let raw = head(text, bytes_max);
        Seen { text, raw, normal: normalise(raw), cut: raw.len() < text.len() }
    })
}

/// The same by beginnings: what stands for each answer are the whole words among the first `chars_max` characters of
/// its normalised form.
pub(super) fn beginnings<'a>(
    cells: &[&'a Cell],
    bytes_max: usize,
    chars_max: usize,
) -> (Vec<Answer<'a>>, Texts<'a>) {
    gather(cells, |text| {
        let raw = head(text, bytes_max);
        let normal = normalise(raw);
        let start = whole_words(&normal, chars_max);
        if start.len() == normal.len() {
            return Seen { text: raw, raw, normal, cut: raw.len() < text.len() };
        }
        let raw = raw_beginning(raw, start.chars().count());
        Seen { text: raw, raw, normal: start.to_owned(), cut: false }
    })
}

/// How many leading characters of the normalised form of a text are known where the limit of tokens cut it: all but its
/// last word, which may be half of one.
pub(super) fn chars_before_the_cut(normal: &str) -> usize {
    if normal.chars().nth(MAX_COMPARED_CHARS).is_some() {
        return whole_words(normal, MAX_COMPARED_CHARS).chars().count();
    }
    let last = normal.split_word_bound_indices().next_back().map_or(0, |(at, _)| at);
    normal.get(..last).unwrap_or_default().trim_end().chars().count()
}

/// The whole words among the first characters of a normalised text.
fn whole_words(normal: &str, chars_max: usize) -> &str {
    let (mut end, mut chars) = (0, 0);
    for word in pieces(normal) {
        chars += word.chars().count();
        if chars > chars_max {
            break;
        }
        end += word.len();
    }
    normal.get(..end).unwrap_or_default().trim_end()
}

/// The words of a text as it came that make up so many characters of its normalised form.
fn raw_beginning(raw: &str, chars_max: usize) -> &str {
    let (mut end, mut chars) = (0, 0);
    for word in pieces(raw) {
        let is_space = word.chars().all(char::is_whitespace);
        chars += if is_space { 1 } else { normalise(word).chars().count() };
        if chars > chars_max {
            break;
        }
        end += word.len();
    }
    raw.get(..end).unwrap_or_default()
}

fn gather<'a>(cells: &[&'a Cell], see: impl Fn(&'a str) -> Seen<'a>) -> (Vec<Answer<'a>>, Texts<'a>) {
    let mut answers = Vec::with_capacity(cells.len());
    let mut seen: Vec<(Seen<'a>, Cid)> = Vec::new();
    let mut places: BTreeMap<(Cid, &str), usize> = BTreeMap::new();
    for cell in cells {
        if let CellState::Answer { text, output, .. } = &cell.state {
            let place = *places.entry((*output, text)).or_insert_with(|| {
                seen.push((see(text), *output));
                seen.len() - 1
            });
            let text = seen.get(place).map_or("", |(seen, _)| seen.text);
            answers.push(Answer { cell, text, output: *output, normalised: place });
        }
    }
    let mut order: Vec<usize> = (0..seen.len()).collect();
    order.sort_unstable_by_key(|at| {
        seen.get(*at).map(|(seen, output)| (seen.normal.as_str(), seen.cut.then_some(*output), seen.raw))
    });
    // equal ones are one text: the first, whose place all of them get
    let (mut texts, mut numbers): (Vec<Text<'a>>, Vec<usize>) = (Vec::new(), vec![0; seen.len()]);
    let mut last = None;
    for at in order {
        let Some((own, output)) = seen.get_mut(at) else { continue };
        let cut = own.cut.then_some(*output);
        let equal = last == Some(cut) && texts.last().is_some_and(|text| text.normal == own.normal);
        if !equal {
            let normal = std::mem::take(&mut own.normal);
            texts.push(Text { normal, raw: own.raw, cut: own.cut });
            last = Some(cut);
        }
        if let Some(number) = numbers.get_mut(at) {
            *number = texts.len() - 1;
        }
    }
    for answer in &mut answers {
        answer.normalised = numbers.get(answer.normalised).copied().unwrap_or_default();
    }
    (answers, Texts(texts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_ends_with_a_whole_word() {
        let normal = normalise("The  capital is\nCanberra");
        assert_eq!(normal, "the capital is canberra");
        for (chars_max, whole) in
            [(0, ""), (3, "the"), (14, "the capital is"), (22, "the capital is"), (23, &normal)]
        {
            assert_eq!(whole_words(&normal, chars_max), whole);
        }
        assert_eq!(raw_beginning("The  capital is\nCanberra", 14), "The  capital is");
        assert_eq!(chars_before_the_cut(&normal), 14);
        assert_eq!(chars_before_the_cut("canberra"), 0);
        assert_eq!(chars_before_the_cut(""), 0);
        // a script without spaces loses one character
        assert_eq!(chars_before_the_cut("首都是堪培"), 4);
        let long = "word ".repeat(MAX_COMPARED_CHARS);
        assert_eq!(chars_before_the_cut(&long), MAX_COMPARED_CHARS / 5 * 5 - 1);
    }
}
