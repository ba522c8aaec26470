//! How alike two texts are, in parts per million.

use super::answer::Text;
use super::lexicon::Lexicon;
use super::measurable::Measurable;
use super::normalise::normalise;
use core::cmp::Ordering;

/// Leading characters of a normalised text that are measured at most. About 1,300 English words;
/// a guess at the longest answer worth reading to the end. Longer texts may still be told apart as
/// unequal, since equality is judged on the whole.
pub const MAX_COMPARED_CHARS: usize = 8_192;

/// How alike two texts are. Each figure is 1,000,000 if and only if the normalised texts are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Similarity {
    /// By the words in common, whatever their order, in parts per million.
    pub shared_ppm: u32,
    /// By the runs of three words in common, in parts per million.
    pub shingles_ppm: u32,
    /// By the words in common in their order, in parts per million.
    pub words_ppm: u32,
    /// By characters: one less the edit distance over the longer text, in parts per million.
    pub edits_ppm: u32,
}

/// What takes time that grows as the texts do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Near {
    pub(super) shared_ppm: u32,
    pub(super) shingles_ppm: u32,
}

/// What takes time that grows as the square of the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Close {
    pub(super) words_ppm: u32,
    pub(super) edits_ppm: u32,
}

impl Near {
    /// What equal texts score.
    pub(super) const EQUAL: Self = Self { shared_ppm: 1_000_000, shingles_ppm: 1_000_000 };
}

impl Close {
    /// What equal texts score.
    pub(super) const EQUAL: Self = Self { words_ppm: 1_000_000, edits_ppm: 1_000_000 };
}

/// Compares the first [`MAX_COMPARED_CHARS`] characters of two texts once normalised; symmetric.
pub fn similarity(first: &str, second: &str) -> Similarity {
    let mut lexicon = Lexicon::default();
    let text = |raw| Text { normal: normalise(raw), raw, cut: false };
    let (first, second) = (text(first), text(second));
    let (near, close) = if first.normal == second.normal {
        (Near::EQUAL, Close::EQUAL)
    } else {
        let first = Measurable::new(&first, MAX_COMPARED_CHARS, &mut lexicon);
        let second = Measurable::new(&second, MAX_COMPARED_CHARS, &mut lexicon);
        (first.near(&second), first.close(&second, MAX_COMPARED_CHARS))
    };
    Similarity {
        shared_ppm: near.shared_ppm,
        shingles_ppm: near.shingles_ppm,
        words_ppm: close.words_ppm,
        edits_ppm: close.edits_ppm,
    }
}

/// A figure of unequal texts, whose beginnings may be equal.
pub(super) fn below_equal(ppm: u32) -> u32 {
    ppm.min(999_999)
}

/// Members that two sorted lists have in common, each as often as it stands in both.
pub(super) fn in_common<T: Ord>(a: &[T], b: &[T]) -> usize {
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
