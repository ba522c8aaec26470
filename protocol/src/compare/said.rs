//! What every answer of one region says and no answer of the other.

use super::answer::Answer;
use super::clip;
use super::matrix::Matrix;
use core::cmp::Reverse;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the words have to weigh together: a negation; one number, name or quantity for another; or
/// three other words. One word for another is what chance finds first among the synonyms of
/// repeats. A guess.
pub const MIN_WEIGHT: u64 = 3;
/// Words of a side that are listed.
const MAX_LISTED: usize = 12;
/// Bytes of a word that are kept.
const MAX_WORD_BYTES: usize = 40;

/// What tells two regions apart, word by word: see the [module's documentation](super).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// Words in every measured answer of the first region and in none of the second, heaviest
    /// first, then in alphabetical order; twelve at most.
    pub first: Vec<String>,
    /// Words in every measured answer of the second region and in none of the first.
    pub second: Vec<String>,
    /// Such words not listed.
    pub left_out: u64,
    /// What they weigh together: a negation 3; a number, a name or a quantity 2; any other word 1.
    pub weight: u64,
    /// The most that the words weigh which tell any other two groups of as many answers apart.
    pub rival: u64,
}

impl Said {
    /// Whether it is a difference: heavy enough, and heavier than that of any other split.
    pub fn is_found(&self) -> bool {
        self.weight >= MIN_WEIGHT && self.weight > self.rival
    }

    /// Splits the answers of two regions by the words that are in some and not in the others. None
    /// if not all of them were measured whole: a word may stand in what was not.
    pub(super) fn of(first: &[Answer<'_>], second: &[Answer<'_>], matrix: &Matrix) -> Option<Self> {
        let answers = || first.iter().chain(second);
        if first.is_empty() || second.is_empty() || answers().any(|answer| matrix.truncates(answer)) {
            return None;
        }
        let (m, n) = (first.len(), second.len());
        let mut holders: BTreeMap<u32, u64> = BTreeMap::new();
        for (bit, answer) in answers().enumerate() {
            for word in &matrix.text(answer)?.said {
                *holders.entry(*word).or_default() |= 1 << bit;
            }
        }
        let all = (1_u64 << (m + n)) - 1;
        let actual = (1_u64 << m) - 1;
        // of two sides that make up one split, the one that counts as first
        let first_of = |holders: u64| match holders.count_ones() as usize {
            held if held == m && m == n => Some(holders.min(all ^ holders)),
            held if held == m => Some(holders),
            held if held == n => Some(all ^ holders),
            _ => None,
        };
        let own = first_of(actual);
        let mut weights: BTreeMap<u64, u64> = BTreeMap::new();
        let mut telling = [Vec::new(), Vec::new()];
        for (word, holders) in &holders {
            let weight = matrix.lexicon.weight(*word);
            let Some(split) = first_of(*holders) else { continue };
            *weights.entry(split).or_default() += u64::from(weight);
            if Some(split) == own {
                let [first, second] = &mut telling;
                let side = if *holders == actual { first } else { second };
                side.push((Reverse(weight), *word));
            }
        }
        let weight = own.and_then(|own| weights.remove(&own)).unwrap_or(0);
        let rival = weights.into_values().max().unwrap_or(0);
        let listed = telling.iter().map(|side| side.len().min(MAX_LISTED)).sum::<usize>();
        let left_out = (telling.iter().map(Vec::len).sum::<usize>() - listed) as u64;
        let [first, second] = telling.map(|side| spell(side, matrix));
        Some(Self { first, second, left_out, weight, rival })
    }
}

/// The words of a side, heaviest first.
fn spell(side: Vec<(Reverse<u32>, u32)>, matrix: &Matrix) -> Vec<String> {
    let word = |(weight, number)| Some((weight, matrix.lexicon.spelled(number)?));
    let mut words: Vec<(Reverse<u32>, &str)> = side.into_iter().filter_map(word).collect();
    words.sort_unstable();
    words.into_iter().take(MAX_LISTED).map(|(_, word)| clip(word, MAX_WORD_BYTES)).collect()
}
