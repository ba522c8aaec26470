//! Whether a text is English, by a rule that needs no model.

use super::phrases::languages;
use std::collections::{BTreeMap, BTreeSet};

/// Characters of a text's normalised beginning that are looked at: an opening and some more.
pub(super) const MAX_LOOKED_AT_CHARS: usize = 1_024;
/// Of this many letters one may be of another script than Latin: names and quotations.
const FOREIGN_SHARE: usize = 10;
/// Of this many words one has to be a common English one. English prose has one in three, a short
/// sentence of names one in five.
const COMMON_SHARE: usize = 6;

/// Tells English from everything else.
pub(super) struct Languages {
    /// Which languages a word is common in, English being bit 0.
    of_word: BTreeMap<&'static str, u32>,
    count: usize,
}

impl Languages {
    pub(super) fn new() -> Self {
        let mut of_word: BTreeMap<&'static str, u32> = BTreeMap::new();
        let mut count = 0;
        for (_, words) in languages().take(32) {
            for word in words.collect::<BTreeSet<_>>() {
                *of_word.entry(word).or_default() |= 1 << count;
            }
            count += 1;
        }
        Self { of_word, count }
    }

    /// Whether a text is English, by its words (normalised, without marks): nine letters of ten are
    /// Latin, one word of six is a common English one, and no other language on the list has as many
    /// of its own. What is too short or too odd to tell is not English.
    pub(super) fn is_english(&self, words: &[&str]) -> bool {
        let letters = || words.iter().flat_map(|word| word.chars()).filter(|c| c.is_alphabetic());
        let foreign = letters().filter(|c| !is_latin(*c)).count();
        if foreign * FOREIGN_SHARE > letters().count() {
            return false;
        }
        let mut common = vec![0_usize; self.count];
        for word in words {
            let mask = self.of_word.get(word).copied().unwrap_or(0);
            for (language, n) in common.iter_mut().enumerate() {
                *n += (mask >> language & 1) as usize;
            }
        }
        let english = common.first().copied().unwrap_or(0);
        let rival = common.iter().skip(1).copied().max().unwrap_or(0);
        english * COMMON_SHARE >= words.len() && english > rival
    }
}

/// Letters of the Latin blocks, up to Latin Extended-B and Latin Extended Additional.
fn is_latin(c: char) -> bool {
    matches!(c, 'a'..='z' | 'A'..='Z' | '\u{aa}' | '\u{ba}' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}
