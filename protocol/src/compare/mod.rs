//! First compare: what differs between regions, shown beside what differs anyway.
//!
//! [`compare`] is a pure function of the answers of one job. Two members with the same answers get
//! the same bytes: cells and contrasts may come in any order, there is no clock, no random source
//! and no floating point, and similarities are whole parts per million.
//!
//! # Measures
//!
//! Texts are [`normalise`]d first. Then, of two texts (of their first characters, see *Cost*):
//!
//! - **shared**: `2 * words in common / (words of both)`, a word as often as it stands in both,
//!   whatever the order. Words and marks by UAX #29, white space left out; a script without spaces
//!   falls into single characters where UAX #29 says so.
//! - **words**: `2 * longest common subsequence / (words of both)`: in order.
//! - **chars**: `(longer - Levenshtein distance) / longer`, in Unicode scalar values.
//!
//! All lie in `0..=1_000_000` and reach 1,000,000 if and only if the normalised texts are equal.
//! The rule goes by *shared* alone: repeats of one answer turn clauses around, which the other two
//! take for a difference (`chars` drops to what any two texts of a language have in common). They
//! stand beside it for the reader. So a difference in the order of words alone is not found; the
//! diff shows it.
//!
//! # Classes of a pair of regions, for one target and one prompt; the first that fits
//!
//! 1. `missing`: at least one side has no answer.
//! 2. `identical`: every answer of both sides is byte-equal.
//! 3. `equal_normalised`: every answer of both sides is equal once normalised.
//! 4. `insufficient`: a side has fewer than two answers or fewer than two independent operators,
//!    so that its own noise is unknown; or the job is too large for the cost bound.
//! 5. `differs_beyond_noise`: the *best* similarity across the regions is below the *lowest*
//!    similarity within either region, the noise floor.
//! 6. `within_noise`: anything else. It says "not shown to differ", never "shown to be the same".
//!
//! One operator who forges answers can lower the floor of its own region and so hide a difference,
//! but cannot make one out of nothing where an honest operator answers beside it: see
//! [`Chance`] for how often chance alone would do so.
//!
//! # Cost
//!
//! Everything that grows faster than its input is bounded by size: at most
//! [`MAX_COMPARED_ANSWERS`] answers a region, at most [`MAX_COMPARED_CHARS`] characters a text, and
//! at most [`MAX_COST`] steps a job, shared evenly by its prompts. A text longer than what its
//! prompt's share allows is compared by its beginning, and the report says so. Equality is always
//! judged on whole texts. The report stays under [`MAX_REPORT_BYTES`]; what is left out is counted.
//!
//! A change of any figure, of the normalisation or of the Unicode tables behind it is a new
//! [`COMPARE_VERSION`].

mod account;
mod answer;
mod assemble;
mod class;
mod detail;
mod diff;
mod escape;
mod exact;
mod headline;
mod input;
mod matrix;
mod normalise;
mod prompt;
mod region;
mod report;
mod similarity;

#[cfg(test)]
mod tests;

pub use account::Account;
pub use assemble::{MAX_COST, MAX_REPORT_BYTES, compare};
pub use class::{Absent, Chance, Class, ClassCounts, Shortage};
pub use diff::{DiffOp, WordDiff, word_diff};
pub use escape::{escape_line, escape_terminal};
pub use headline::Headline;
pub use input::{Cell, CellState, Input, MissingReason, Operator, PromptInfo, TargetInfo};
pub use normalise::normalise;
pub use region::MAX_COMPARED_ANSWERS;
pub use report::{
    AnswerRef, Contrasts, Exact, ExactCounts, ExactState, Example, Figures, Finding, PromptReport, Report,
    Side, Spread, TargetReport, Variant,
};
pub use similarity::{MAX_COMPARED_CHARS, Similarity, similarity};

/// Version of everything in this module: normalisation, measures, rule, limits, encoding.
pub const COMPARE_VERSION: u32 = 1;

/// The ratio of two counts in parts per million, rounded down; 0 of nothing is 0.
fn ratio_ppm(part: usize, whole: usize) -> u32 {
    let ppm = (part as u128 * 1_000_000).checked_div(whole as u128).unwrap_or(0);
    u32::try_from(ppm).unwrap_or(u32::MAX)
}

/// A name from outside, cut to `bytes_max` at a character boundary; a cut name ends in `…`.
fn clip(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let end = (0..=bytes_max.saturating_sub('…'.len_utf8())).rev().find(|i| text.is_char_boundary(*i));
    let mut cut = text.get(..end.unwrap_or(0)).unwrap_or_default().to_owned();
    cut.push('…');
    cut
}
