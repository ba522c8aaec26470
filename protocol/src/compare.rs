//! First compare: what differs between regions, shown beside what differs anyway.
//!
//! [`compare`] is a pure function of the answers of one job. Two members with the same answers get
//! the same bytes: cells may come in any order, there is no clock, no random source
//! and no floating point, and similarities are whole parts per million.
//!
//! # Measures
//!
//! Texts are [`normalise`]d first. Then, of two texts (of their first characters, see *Cost*):
//!
//! - **shared**: `2 * words in common / (words of both)`, a word as often as it stands in both,
//!   whatever the order. Words and marks by UAX #29, white space left out; a script without spaces
//!   falls into single characters where UAX #29 says so.
//! - **shingles**: the same over runs of three words ([`SHINGLE_WORDS`]); a shorter text is one run.
//!
//! Both lie in `0..=1_000_000` and reach 1,000,000 if and only if the normalised texts are equal. One less *shared* is the distance
//! that texts are tested by.
//!
//! Of one region's answers: their **lengths** in characters, words and sentences, and their
//! **refusals** and **deflections** by phrase lists ([`PHRASES_VERSION`]) in the first three
//! sentences, for English alone. An answer is taken for English if nine letters of ten are Latin, one
//! word of six is a common English one, and no other listed language has as many; anything else is
//! *not measured*. A failure by which the vendor says that its filter withheld the answer counts as
//! a refusal in any language.
//!
//! # Conclusions
//!
//! What a job's [study plan](crate::study) registered is tested as one family: see [`Conclusions`], and [`infer`] for the tests. Every
//! other pair of regions on every prompt is tried, too ([`Trial`]); by itself that shows nothing, and finds candidates for the
//! next plan by the procedure of Benjamini and Hochberg.
//!
//! Operators are the unit. Those that copy each other count as one, and repeats of an operator that are the same answer again count as one
//! answer, before anything is tested.
//!
//! # Classes of a pair of regions, for one target and one prompt; the first that fits
//!
//! 1. `candidate`: a trial is rarer than chance among so many.
//! 2. `missing`: at least one side has no answer.
//! 3. `identical`: every answer of both sides is byte-equal.
//! 4. `equal_normalised`: every answer of both sides is equal once normalised.
//! 5. `insufficient`: a side has fewer than two independent operators, or the job is too large for the cost bound.
//! 6. `not_shown`: anything else. It never says "shown to be the same".
//!
//! # Answers that were cut off
//!
//! An answer that the limit of tokens cut off is an answer, and counted apart. Where one stands among
//! the compared answers of a pair of regions, all answers of that pair are taken by their beginnings:
//! as many characters as the shortest cut one has, whole words of them, once normalised. So what the
//! limit took away is no difference. *Equal* still means whole texts, and words that one side has are not looked for.
//! Answers that are torn, withheld or end for a reason that nobody knows are none: see
//! [`finish`](crate::finish).
//!
//! Open models are set beside the other targets prompt by prompt ([`Beside`]): different models, so
//! similarities only, and never a finding.
//!
//! [`Excerpts`] show readers what both sides say. They are made of the same answers, and are neither part of the
//! report nor under its version.
//!
//! # Cost
//!
//! Everything that grows faster than its input is bounded by size: at most
//! [`MAX_COMPARED_ANSWERS`] answers a region, at most [`MAX_COMPARED_CHARS`] characters a text, and
//! at most [`MAX_COST`] steps a job. Each prompt may spend an even share of what is left; what it
//! does not need falls to those after it. A text longer than the share allows is compared by its
//! beginning, and the report says so. Registered contrasts have steps of their own. Equality is judged on whole texts, up to a share of the bytes to read. The report stays
//! under [`MAX_REPORT_BYTES`]; what is left out is counted.
//!
//! A change of any figure, of a list, of the normalisation or of the Unicode tables behind it is a
//! new [`COMPARE_VERSION`].

mod account;
mod across;
mod align;
mod answer;
mod assemble;
mod beside;
mod budget;
mod class;
mod coding;
mod conclusion;
mod detail;
mod diff;
mod escape;
mod exact;
mod excerpts;
mod explored;
mod figures;
mod headline;
pub mod infer;
mod input;
mod kept;
mod language;
mod length;
mod lexicon;
mod matrix;
mod measurable;
mod normalise;
mod panel;
mod phrases;
mod prompt;
mod refusal;
mod region;
mod report;
mod said;
mod sentence;
mod sides;
mod similarity;
mod tally;
mod trial;
mod words;

#[cfg(test)]
mod tests;

pub use account::Account;
pub use align::SentenceRow;
pub use answer::MAX_COMPARED_CHARS;
pub use assemble::{MAX_REPORT_BYTES, compare, compare_tallied};
pub use budget::MAX_COST;
pub use class::{Absent, Class, ClassCounts, Shortage};
pub use conclusion::{Conclusion, Conclusions, PlaceRef, Shown};
pub use diff::{DiffOp, WordDiff, word_diff};
pub use escape::{escape_line, escape_terminal};
pub use excerpts::{Excerpt, ExcerptSides, Excerpts, PromptExcerpts, ShownAnswer};
pub use figures::{Figures, Spread};
pub use headline::Headline;
pub use input::{Cell, CellState, Input, MissingReason, Operator, PromptInfo, Study, TargetInfo};
pub use length::{Lengths, Range};
pub use measurable::SHINGLE_WORDS;
pub use normalise::normalise;
pub use phrases::PHRASES_VERSION;
pub use refusal::{Manner, RefusalSplit, Refusals, manner};
pub use region::MAX_COMPARED_ANSWERS;
pub use report::{
    AnswerRef, Beside, BesideTarget, CopyRow, Exact, ExactCounts, ExactState, Example, Explored, Finding,
    PromptReport, Report, Side, TargetReport, Variant,
};
pub use said::Said;
pub use sentence::sentences;
pub use similarity::{Similarity, similarity};
pub use tally::{Run, Tallies, Told};
pub use trial::Trial;

/// Version of everything in this module: normalisation, measures, rule, limits, encoding.
pub const COMPARE_VERSION: u32 = 4;

/// The ratio of two counts in parts per million, rounded down; 0 of nothing is 0.
fn ratio_ppm(part: usize, whole: usize) -> u32 {
    let ppm = (part as u128 * 1_000_000).checked_div(whole as u128).unwrap_or(0);
    u32::try_from(ppm).unwrap_or(u32::MAX)
}

/// The beginning of a text, in bytes at most, at a character boundary.
fn head(text: &str, bytes_max: usize) -> &str {
    let end = (0..=bytes_max.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
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
