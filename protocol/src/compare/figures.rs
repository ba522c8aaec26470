//! How alike texts are, as figures.

use serde::{Deserialize, Serialize};

/// Similarities over some pairs of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// Pairs measured.
    pub pairs: u64,
    /// By words shared, whatever their order: one less the distance that texts are tested by.
    pub shared: Spread,
    /// By runs of three words shared.
    pub shingles: Spread,
}

/// Lowest, middle and highest of some similarities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// The lowest, in parts per million.
    pub lowest_ppm: u32,
    /// The median (the lower one of two), in parts per million.
    pub median_ppm: u32,
    /// The highest, in parts per million.
    pub highest_ppm: u32,
}

/// How alike two texts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Near {
    pub(super) shared_ppm: u32,
    pub(super) shingles_ppm: u32,
}

impl Near {
    /// What equal texts score.
    pub(super) const EQUAL: Self = Self { shared_ppm: 1_000_000, shingles_ppm: 1_000_000 };
}

/// A figure of unequal texts, whose beginnings may be equal.
pub(super) fn below_equal(ppm: u32) -> u32 {
    ppm.min(999_999)
}

/// Members that two sorted lists have in common, each as often as it stands in both.
pub(super) fn in_common<T: Ord + Copy>(a: &[T], b: &[T]) -> usize {
    let (mut at, mut beside, mut common) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(at), b.get(beside)) {
        common += usize::from(x == y);
        (at, beside) = (at + usize::from(x <= y), beside + usize::from(y <= x));
    }
    common
}
