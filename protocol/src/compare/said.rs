//! What every answer of one region says and no answer of the other: shown beside a difference, never a test of one.

use super::clip;
use super::matrix::Matrix;
use core::cmp::Reverse;
use serde::{Deserialize, Serialize};

/// Words of a side that are listed.
const MAX_LISTED: usize = 12;
/// Bytes of a word that are kept.
const MAX_WORD_BYTES: usize = 40;

/// Words that every answer of one region has and none of the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// Those of the first region: negations first, then numbers, names and quantities, then others, each in alphabetical order; twelve
    /// at most.
    pub first: Vec<String>,
    /// Those of the second region.
    pub second: Vec<String>,
    /// Such words not listed.
    pub left_out: u64,
}

/// Which answers of one region hold which word, by its number: a bit for each answer.
pub(super) type Held = Vec<u16>;

impl Said {
    /// From who holds what, of so many answers a side. None if there is no such word.
    pub(super) fn of(sides: [&Held; 2], answers: [usize; 2], matrix: &Matrix) -> Option<Self> {
        let all = answers.map(|n| u16::try_from((1_u32 << n.min(16)) - 1).unwrap_or(u16::MAX));
        if all.contains(&0) {
            return None;
        }
        let mut telling = [Vec::new(), Vec::new()];
        for (word, held) in (0..).zip(sides[0].iter().zip(sides[1])) {
            let [first, second] = &mut telling;
            let side = match held {
                (held, 0) if *held == all[0] => first,
                (0, held) if *held == all[1] => second,
                _ => continue,
            };
            side.push((Reverse(matrix.lexicon.weight(word)), word));
        }
        let total: usize = telling.iter().map(Vec::len).sum();
        let listed: usize = telling.iter().map(|side| side.len().min(MAX_LISTED)).sum();
        let [first, second] = telling.map(|side| spell(side, matrix));
        (total > 0).then_some(Self { first, second, left_out: (total - listed) as u64 })
    }
}

/// The words of a side, heaviest first.
fn spell(side: Vec<(Reverse<u32>, u32)>, matrix: &Matrix) -> Vec<String> {
    let word = |(weight, number)| Some((weight, matrix.lexicon.spelled(number)?));
    let mut words: Vec<(Reverse<u32>, &str)> = side.into_iter().filter_map(word).collect();
    words.sort_unstable();
    words.into_iter().take(MAX_LISTED).map(|(_, word)| clip(word, MAX_WORD_BYTES)).collect()
}
