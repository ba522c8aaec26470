//! The words of the texts that are compared with each other: their numbers, and what they weigh.

use super::phrases::{negations, quantities, slight_words};
use super::sentence::says_something;
use super::words::WordMap;
use std::collections::BTreeSet;

/// What a word weighs that turns a statement around.
const NEGATION: u32 = 3;
/// What a number, a name or a word of quantity weighs.
const FACT: u32 = 2;
/// What any other word weighs that says something.
const PLAIN: u32 = 1;

/// Numbers words in the order in which they come up.
pub(super) struct Lexicon {
    words: WordMap<u32>,
    spelled: Vec<String>,
    weights: Vec<u32>,
    slight: BTreeSet<&'static str>,
    negations: BTreeSet<&'static str>,
    quantities: BTreeSet<&'static str>,
}

impl Default for Lexicon {
    fn default() -> Self {
        Self {
            words: WordMap::default(),
            spelled: Vec::new(),
            weights: Vec::new(),
            slight: slight_words().collect(),
            negations: negations().collect(),
            quantities: quantities().collect(),
        }
    }
}

impl Lexicon {
    /// The number of a normalised word or mark.
    pub(super) fn word(&mut self, word: &str) -> u32 {
        if let Some(number) = self.words.get(word) {
            return *number;
        }
        let number = self.spelled.len() as u32;
        self.words.get_or_insert_with(word, || number);
        self.spelled.push(word.to_owned());
        self.weights.push(self.weigh(word));
        number
    }

    /// How many words there are.
    pub(super) fn len(&self) -> usize {
        self.spelled.len()
    }

    /// Takes a word for a name: it was written with a capital within a sentence.
    pub(super) fn name(&mut self, word: &str) {
        let word = self.word(word);
        if let Some(weight) = self.weights.get_mut(word as usize).filter(|weight| **weight == PLAIN) {
            *weight = FACT;
        }
    }

    /// What a word weighs, by which words are listed: 0 for what says nothing by itself.
    pub(super) fn weight(&self, word: u32) -> u32 {
        self.weights.get(word as usize).copied().unwrap_or(0)
    }

    /// The word of a number.
    pub(super) fn spelled(&self, word: u32) -> Option<&str> {
        self.spelled.get(word as usize).map(String::as_str)
    }

    fn weigh(&self, word: &str) -> u32 {
        if !says_something(word) || self.slight.contains(word) {
            0
        } else if self.negations.contains(word) || word.ends_with("n't") {
            NEGATION
        } else if self.quantities.contains(word) || word.chars().any(char::is_numeric) {
            FACT
        } else {
            PLAIN
        }
    }
}
