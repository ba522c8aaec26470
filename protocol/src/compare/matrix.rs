//! Similarities between the answers to one prompt, measured once per pair of distinct texts.

use super::answer::{Answer, Texts};
use super::report::{Figures, Spread};
use super::similarity::{EQUAL, Lexicon, MAX_COMPARED_CHARS, Measurable, Similarity, cost};
use std::collections::{BTreeMap, BTreeSet};

/// Fewer characters than this are not worth a verdict: beyond the cost bound nothing is measured.
const MIN_COMPARED_CHARS: usize = 256;

/// Two distinct texts by number, the lower one first.
pub(super) type TextPair = (usize, usize);

/// The texts of two answers, unless they are equal.
pub(super) fn text_pair(a: &Answer<'_>, b: &Answer<'_>) -> Option<TextPair> {
    let (a, b) = (a.normalised, b.normalised);
    (a != b).then_some((a.min(b), a.max(b)))
}

/// Similarity of every pair that was asked for.
pub(super) struct Matrix {
    /// Leading characters of each text that were measured; 0 if nothing was.
    pub(super) chars_max: usize,
    /// Characters of each text.
    chars: Vec<usize>,
    similarities: BTreeMap<TextPair, Similarity>,
}

impl Matrix {
    /// Measures all pairs by as many leading characters as the budget allows, halving from
    /// [`MAX_COMPARED_CHARS`]; below 256 nothing is measured.
    pub(super) fn measure(texts: &Texts, pairs: &BTreeSet<TextPair>, budget: u64) -> Self {
        let chars: Vec<usize> = texts.0.iter().map(|text| text.chars().count()).collect();
        let length = |text: usize, chars_max: usize| chars.get(text).map_or(0, |n| *n.min(&chars_max));
        let total = |chars_max: &usize| {
            let costs = pairs.iter().map(|(a, b)| cost(length(*a, *chars_max), length(*b, *chars_max)));
            costs.fold(0, u64::saturating_add)
        };
        let limits = core::iter::successors(Some(MAX_COMPARED_CHARS), |chars_max| Some(chars_max / 2));
        let mut limits = limits.take_while(|chars_max| *chars_max >= MIN_COMPARED_CHARS);
        let Some(chars_max) = limits.find(|chars_max| total(chars_max) <= budget) else {
            return Self { chars_max: 0, chars, similarities: BTreeMap::new() };
        };
        let needed: BTreeSet<usize> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
        let mut lexicon = Lexicon::default();
        let numbered = texts.0.iter().enumerate().filter(|(number, _)| needed.contains(number));
        let prepared: BTreeMap<usize, Measurable> =
            numbered.map(|(number, text)| (number, Measurable::new(text, chars_max, &mut lexicon))).collect();
        let measured = pairs.iter().filter_map(|(a, b)| {
            let (first, second) = (prepared.get(a)?, prepared.get(b)?);
            Some(((*a, *b), first.measure(second)))
        });
        let similarities = measured.collect();
        Self { chars_max, chars, similarities }
    }

    /// Similarity of two answers; none if their texts differ and were not measured.
    pub(super) fn get(&self, a: &Answer<'_>, b: &Answer<'_>) -> Option<Similarity> {
        match text_pair(a, b) {
            None => Some(EQUAL),
            Some(pair) => self.similarities.get(&pair).copied(),
        }
    }

    /// Whether only the beginning of an answer was measured.
    pub(super) fn truncates(&self, answer: &Answer<'_>) -> bool {
        self.chars_max > 0 && self.chars.get(answer.normalised).is_some_and(|chars| *chars > self.chars_max)
    }

    /// Lowest, median and highest over some pairs of answers; none over no pair, or if one of them
    /// was not measured.
    pub(super) fn figures<'a>(
        &self,
        pairs: impl Iterator<Item = (&'a Answer<'a>, &'a Answer<'a>)>,
    ) -> Option<Figures> {
        let similarities: Vec<Similarity> = pairs.map(|(a, b)| self.get(a, b)).collect::<Option<_>>()?;
        let shared = spread(similarities.iter().map(|s| s.shared_ppm).collect())?;
        let words = spread(similarities.iter().map(|s| s.words_ppm).collect())?;
        let chars = spread(similarities.iter().map(|s| s.chars_ppm).collect())?;
        Some(Figures { pairs: similarities.len() as u64, shared, words, chars })
    }
}

fn spread(mut ppm: Vec<u32>) -> Option<Spread> {
    ppm.sort_unstable();
    let median_ppm = *ppm.get(ppm.len().saturating_sub(1) / 2)?;
    Some(Spread { lowest_ppm: *ppm.first()?, median_ppm, highest_ppm: *ppm.last()? })
}
