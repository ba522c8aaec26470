//! Whether a text is English, by a rule that needs no model.

use super::phrases::languages;
use super::words::{WordList, WordMap};
use std::collections::BTreeSet;

/// Characters of a text's normalised beginning that are looked at: an opening and some more.
pub(super) const MAX_LOOKED_AT_CHARS: usize = 1_024;
/// Of this many letters one may be of another script than Latin: names and quotations.
const FOREIGN_SHARE: usize = 10;
/// Of this many words one has to be a common English one. English prose has one in three, a short
/// sentence of names one in five.
const COMMON_SHARE: usize = 6;

/// Languages that can be told apart.
const LANGUAGES_MAX: usize = 16;
/// A number for each language.
type Counters = [u16; LANGUAGES_MAX];

/// Tells English from everything else.
pub(super) struct Languages {
    /// Which languages a word is common in: 1, English being the first.
    of_word: WordList<Counters>,
}

impl Languages {
    pub(super) fn new() -> Self {
        let mut of_word: WordMap<Counters> = WordMap::default();
        for (language, (_, words)) in languages().take(LANGUAGES_MAX).enumerate() {
            for word in words.collect::<BTreeSet<_>>() {
                let common = of_word.get_or_insert_with(word, Counters::default);
                common.iter_mut().skip(language).take(1).for_each(|own| *own = 1);
            }
        }
        Self { of_word: of_word.into() }
    }

    /// Whether a text is English, by its words (normalised, without marks): nine letters of ten are
    /// Latin, one word of six is a common English one, and no other language on the list has as many
    /// of its own. What is too short or too odd to tell is not English.
    pub(super) fn is_english(&self, words: &[&str]) -> bool {
        let letters = || words.iter().flat_map(|word| word.chars()).filter(|c| c.is_alphabetic());
        let foreign = || letters().filter(|c| !is_latin(*c)).count();
        if words.iter().any(|word| !word.is_ascii()) && foreign() * FOREIGN_SHARE > letters().count() {
            return false;
        }
        // a text has fewer words than a counter can tell
        let mut common = Counters::default();
        for own in words.iter().take(usize::from(u16::MAX)).filter_map(|word| self.of_word.get(word)) {
            common.iter_mut().zip(own).for_each(|(count, one)| *count += one);
        }
        let [english, others @ ..] = common.map(usize::from);
        let rival = others.into_iter().max().unwrap_or(0);
        english * COMMON_SHARE >= words.len() && english > rival
    }
}

/// Letters of the Latin blocks, up to Latin Extended-B and Latin Extended Additional.
fn is_latin(c: char) -> bool {
    matches!(c, 'a'..='z' | 'A'..='Z' | '\u{aa}' | '\u{ba}' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}
