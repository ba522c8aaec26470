//! How alike two texts are, in parts per million.

use super::answer::{MAX_COMPARED_CHARS, Text};
use super::figures::Near;
use super::lexicon::Lexicon;
use super::measurable::Measurable;
use super::normalise::normalise;

/// How alike two texts are. Each figure is 1,000,000 if and only if the normalised texts are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Similarity {
    /// By the words in common, whatever their order, in parts per million.
    pub shared_ppm: u32,
    /// By the runs of three words in common, in parts per million.
    pub shingles_ppm: u32,
}

/// Compares the first [`MAX_COMPARED_CHARS`] characters of two texts once normalised; symmetric.
pub fn similarity(first: &str, second: &str) -> Similarity {
    let mut lexicon = Lexicon::default();
    let text = |raw| Text { normal: normalise(raw), raw, cut: false };
    let (first, second) = (text(first), text(second));
    let near = if first.normal == second.normal {
        Near::EQUAL
    } else {
        let first = Measurable::new(&first, MAX_COMPARED_CHARS, &mut lexicon);
        let second = Measurable::new(&second, MAX_COMPARED_CHARS, &mut lexicon);
        first.near(&second)
    };
    Similarity { shared_ppm: near.shared_ppm, shingles_ppm: near.shingles_ppm }
}
