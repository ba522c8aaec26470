//! How alike two texts are, by words shared, words in order and characters, in parts per million.

use super::normalise::normalise;
use super::ratio_ppm;
use core::cmp::Ordering;
use rapidfuzz::distance::{lcs_seq, levenshtein};
use std::collections::BTreeMap;
use unicode_segmentation::UnicodeSegmentation;

/// Leading characters of a normalised text that are measured at most. About 1,300 English words;
/// a guess at the longest answer worth reading to the end. Longer texts may still be told apart as
/// unequal, since equality is judged on the whole.
pub const MAX_COMPARED_CHARS: usize = 8_192;

/// What equal texts score.
pub(super) const EQUAL: Similarity =
    Similarity { shared_ppm: 1_000_000, words_ppm: 1_000_000, chars_ppm: 1_000_000 };

/// How alike two texts are. Each figure is 1,000,000 if and only if the normalised texts are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Similarity {
    /// By the words in common, whatever their order, in parts per million.
    pub shared_ppm: u32,
    /// By the words in common in their order, in parts per million.
    pub words_ppm: u32,
    /// By characters, in parts per million.
    pub chars_ppm: u32,
}

/// Compares the first [`MAX_COMPARED_CHARS`] characters of two texts once normalised; symmetric.
pub fn similarity(first: &str, second: &str) -> Similarity {
    let (first, second) = (normalise(first), normalise(second));
    if first == second {
        return EQUAL;
    }
    let mut lexicon = Lexicon::default();
    let first = Measurable::new(&first, MAX_COMPARED_CHARS, &mut lexicon);
    let second = Measurable::new(&second, MAX_COMPARED_CHARS, &mut lexicon);
    first.measure(&second)
}

/// Numbers the words and characters of the texts that are compared with each other, in the order in
/// which they come up: the tables behind the measures are fastest for numbers below 256, whatever
/// the script.
#[derive(Default)]
pub(super) struct Lexicon {
    words: BTreeMap<String, u32>,
    chars: BTreeMap<char, u32>,
}

impl Lexicon {
    fn word(&mut self, word: &str) -> u32 {
        if let Some(number) = self.words.get(word) {
            return *number;
        }
        let number = self.words.len() as u32;
        self.words.insert(word.to_owned(), number);
        number
    }

    fn char(&mut self, c: char) -> u32 {
        let next = self.chars.len() as u32;
        *self.chars.entry(c).or_insert(next)
    }
}

/// The beginning of one normalised text, taken apart once.
pub(super) struct Measurable {
    chars: Vec<u32>,
    words: Vec<u32>,
    sorted_words: Vec<u32>,
}

impl Measurable {
    pub(super) fn new(normalised: &str, chars_max: usize, lexicon: &mut Lexicon) -> Self {
        let end = normalised.char_indices().nth(chars_max).map_or(normalised.len(), |(i, _)| i);
        let head = normalised.get(..end).unwrap_or_default();
        let words = head.split_word_bounds().filter(|word| *word != " ").map(|word| lexicon.word(word));
        let words: Vec<u32> = words.collect();
        let mut sorted_words = words.clone();
        sorted_words.sort_unstable();
        Self { chars: head.chars().map(|c| lexicon.char(c)).collect(), words, sorted_words }
    }

    /// Compares two texts that are known to be unequal as a whole, if not in their beginnings.
    pub(super) fn measure(&self, other: &Self) -> Similarity {
        let below_equal = |ppm: u32| ppm.min(999_999);
        let words = self.words.len() + other.words.len();
        let shared = in_common(&self.sorted_words, &other.sorted_words);
        let common = lcs_seq::similarity(self.words.iter().copied(), other.words.iter().copied());
        let longer = self.chars.len().max(other.chars.len());
        let edits = levenshtein::distance(self.chars.iter().copied(), other.chars.iter().copied());
        Similarity {
            shared_ppm: below_equal(ratio_ppm(2 * shared, words)),
            words_ppm: below_equal(ratio_ppm(2 * common, words)),
            chars_ppm: below_equal(ratio_ppm(longer.saturating_sub(edits), longer)),
        }
    }
}

/// Members that two sorted lists have in common, each as often as it stands in both.
fn in_common(a: &[u32], b: &[u32]) -> usize {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut common = 0;
    while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
        match x.cmp(y) {
            Ordering::Less => drop(a.next()),
            Ordering::Greater => drop(b.next()),
            Ordering::Equal => {
                common += 1;
                a.next();
                b.next();
            }
        }
    }
    common
}

/// Steps that measuring two texts of so many characters takes: two bit-parallel tables of 64
/// characters a step, and what each character and each pair takes to set up (fitted to timings).
pub(super) fn cost(first_chars: usize, second_chars: usize) -> u64 {
    let (first, second) = (first_chars as u64, second_chars as u64);
    let (table, setup) = (first.saturating_mul(second) / 32, first.saturating_add(second).saturating_mul(16));
    table.saturating_add(setup).saturating_add(64)
}
