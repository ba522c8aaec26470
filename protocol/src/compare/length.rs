//! How long one region's answers are.

use serde::{Deserialize, Serialize};

/// Lengths of the measured answers of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lengths {
    /// Characters (Unicode scalar values) of the texts as they came, whole.
    pub chars: Range,
    /// Words with a letter or digit (UAX #29), in what was measured of each text.
    pub words: Range,
    /// Sentences with a letter or digit (UAX #29), in what was measured of each text.
    pub sentences: Range,
}

/// Lowest, middle and highest of some counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The lowest.
    pub lowest: u64,
    /// The median (the lower one of two).
    pub median: u64,
    /// The highest.
    pub highest: u64,
}

impl Range {
    /// None of no count.
    pub(super) fn of(mut counts: Vec<u64>) -> Option<Self> {
        counts.sort_unstable();
        let median = *counts.get(counts.len().saturating_sub(1) / 2)?;
        Some(Self { lowest: *counts.first()?, median, highest: *counts.last()? })
    }
}
