//! The beginning of one text, taken apart once.

use super::answer::Text;
use super::figures::{Near, below_equal, in_common};
use super::lexicon::Lexicon;
use super::normalise::normalise;
use super::ratio_ppm;
use super::sentence::{says_something, sentences};
use super::words::{pieces, spoken};

/// Words of a shingle. Two are often joined by grammar alone ("of the"); four are spoilt too widely
/// by one changed word (four of them). With three, one changed word spoils three.
pub const SHINGLE_WORDS: usize = 3;
/// Bits of a word's number in a shingle.
const WORD_BITS: u32 = 21;

/// The beginning of one text, taken apart once.
pub(super) struct Measurable {
    sorted_words: Vec<u32>,
    sorted_shingles: Vec<u64>,
    /// Distinct words that weigh something, in order.
    pub(super) said: Vec<u32>,
    /// Words with a letter or digit.
    pub(super) spoken_words: u64,
    /// Sentences with a letter or digit.
    pub(super) sentences: u64,
}

impl Measurable {
    pub(super) fn new(text: &Text<'_>, chars_max: usize, lexicon: &mut Lexicon) -> Self {
        let head = head_chars(&text.normal, chars_max);
        let (mut words, mut said) = (Vec::new(), Vec::new());
        let mut spoken_words = 0;
        for word in pieces(head) {
            if word == " " {
                continue;
            }
            let number = lexicon.word(word);
            words.push(number);
            if says_something(word) {
                spoken_words += 1;
                let own = bare(word);
                said.push(if own.len() == word.len() { number } else { lexicon.word(own) });
            }
        }
        let sentences = read_sentences(head_chars(text.raw, chars_max), lexicon);
        said.sort_unstable();
        said.dedup();
        said.retain(|word| lexicon.weight(*word) > 0);
        let sorted_shingles = shingles(&words);
        words.sort_unstable();
        Self { sorted_words: words, sorted_shingles, said, spoken_words, sentences }
    }

    /// Compares two texts that are known to be unequal as a whole, in time that grows as they do.
    pub(super) fn near(&self, other: &Self) -> Near {
        let words = self.sorted_words.len() + other.sorted_words.len();
        let shingles = self.sorted_shingles.len() + other.sorted_shingles.len();
        let shared = in_common(&self.sorted_words, &other.sorted_words);
        let same = in_common(&self.sorted_shingles, &other.sorted_shingles);
        Near {
            shared_ppm: below_equal(ratio_ppm(2 * shared, words)),
            shingles_ppm: below_equal(ratio_ppm(2 * same, shingles)),
        }
    }
}

/// Counts the sentences of a text as it came, and marks what is written with a capital within one
/// as a name.
fn read_sentences(raw: &str, lexicon: &mut Lexicon) -> u64 {
    let mut count = 0;
    for sentence in sentences(raw) {
        count += u64::from(says_something(sentence));
        for word in spoken(sentence).skip(1) {
            if word.chars().next().is_some_and(char::is_uppercase) {
                let normal = normalise(word);
                lexicon.name(bare(&normal));
            }
        }
    }
    count
}

/// A word without the `'s` of a possessive.
fn bare(word: &str) -> &str {
    word.strip_suffix("'s").unwrap_or(word)
}

/// Runs of three words as numbers, in order; of fewer words, all of them as one.
fn shingles(words: &[u32]) -> Vec<u64> {
    let joined = |run: &[u32]| {
        run.iter()
            .fold(1, |joined: u64, word| joined << WORD_BITS | u64::from(*word & ((1 << WORD_BITS) - 1)))
    };
    let mut shingles: Vec<u64> = match words.len() {
        0 => Vec::new(),
        n if n < SHINGLE_WORDS => vec![joined(words)],
        _ => words.windows(SHINGLE_WORDS).map(joined).collect(),
    };
    shingles.sort_unstable();
    shingles
}

fn head_chars(text: &str, chars_max: usize) -> &str {
    let end = text.char_indices().nth(chars_max).map_or(text.len(), |(i, _)| i);
    text.get(..end).unwrap_or_default()
}
