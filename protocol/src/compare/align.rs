//! Sentences of two texts, set beside each other.

use super::budget::{EACH, PREPARE_CHAR};
use super::figures::in_common;
use super::lexicon::Lexicon;
use super::normalise::normalise;
use super::ratio_ppm;
use super::sentence::sentences;
use super::words::spoken;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Sentences of a text that are set beside another's at most; what follows counts as one more.
const MAX_SENTENCES: usize = 48;
/// Two sentences below this similarity by words shared are not each other's counterpart. A guess:
/// half of the words of both.
const MIN_COUNTERPART_PPM: u32 = 500_000;
/// One row of two texts set beside each other: a sentence of each that say about the same, or a
/// sentence of one alone. The rows in order make up both texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentenceRow {
    /// Bytes of the first text that it takes; 0 if the sentence is the second's alone.
    pub first_bytes: u64,
    /// Bytes of the second text that it takes; 0 if the sentence is the first's alone.
    pub second_bytes: u64,
    /// How alike the two are by words shared, in parts per million; 0 if there is but one.
    pub shared_ppm: u32,
    /// Measured answers of each region with a sentence that shares half of its words (of the
    /// first's sentence where there are two).
    pub held_by: [u64; 2],
}

/// The texts of one prompt's answers, taken apart into sentences, each once.
#[derive(Default)]
pub(super) struct Library {
    lexicon: Lexicon,
    texts: BTreeMap<String, Vec<Piece>>,
}

impl Library {
    /// Steps for taking these texts apart, as far as that is still to be done.
    pub(super) fn cost<'a>(&self, texts: impl Iterator<Item = &'a str>) -> u64 {
        let open: BTreeSet<&str> = texts.filter(|text| !self.texts.contains_key(*text)).collect();
        open.iter().map(|text| text.len() as u64 * PREPARE_CHAR + EACH).fold(0, u64::saturating_add)
    }

    /// Takes texts apart.
    pub(super) fn take<'a>(&mut self, texts: impl Iterator<Item = &'a str>) {
        for text in texts {
            if !self.texts.contains_key(text) {
                self.texts.insert(text.to_owned(), pieces(text, &mut self.lexicon));
            }
        }
    }

    fn pieces(&self, text: &str) -> &[Piece] {
        self.texts.get(text).map_or(&[], Vec::as_slice)
    }

    /// Steps for setting two texts beside each other and looking them up in others, all of which
    /// were taken.
    pub(super) fn align_cost(&self, first: &str, second: &str, sides: &[Vec<&str>; 2]) -> u64 {
        let words = |text: &str| self.pieces(text).iter().map(|p| EACH + p.words.len() as u64).sum::<u64>();
        let held: u64 = sides.iter().flatten().map(|text| words(text)).sum();
        let (a, b) = (self.pieces(first), self.pieces(second));
        let rows = (a.len() + b.len()) as u64;
        let own = words(first) + words(second);
        rows.saturating_mul(held.saturating_add(own)).saturating_add(own.saturating_mul(sides_len(sides)))
    }

    /// Sets the sentences of two texts beside each other, and counts the texts of both regions that
    /// hold them. All texts were taken.
    pub(super) fn align(&self, first: &str, second: &str, sides: &[Vec<&str>; 2]) -> Vec<SentenceRow> {
        let (first, second) = (self.pieces(first), self.pieces(second));
        let held_by = |piece: &Piece| {
            sides.each_ref().map(|texts| {
                let holds = |text: &&&str| self.pieces(text).iter().any(|o| alike(piece, o).is_some());
                texts.iter().filter(holds).count() as u64
            })
        };
        let row = |a: Option<&Piece>, b: Option<&Piece>| SentenceRow {
            first_bytes: a.map_or(0, |piece| piece.bytes),
            second_bytes: b.map_or(0, |piece| piece.bytes),
            shared_ppm: a.zip(b).and_then(|(a, b)| alike(a, b)).unwrap_or(0),
            held_by: a.or(b).map_or([0, 0], held_by),
        };
        let ends = [(first.len(), second.len())];
        let (mut i, mut j, mut rows) = (0, 0, Vec::new());
        for (a, b) in best_pairs(first, second).into_iter().chain(ends) {
            rows.extend(first.get(i..a).unwrap_or_default().iter().map(|piece| row(Some(piece), None)));
            rows.extend(second.get(j..b).unwrap_or_default().iter().map(|piece| row(None, Some(piece))));
            if let (Some(piece), Some(other)) = (first.get(a), second.get(b)) {
                rows.push(row(Some(piece), Some(other)));
            }
            (i, j) = (a + 1, b + 1);
        }
        rows
    }
}

fn sides_len(sides: &[Vec<&str>; 2]) -> u64 {
    sides.iter().map(|texts| texts.len() as u64).sum()
}

/// A sentence: its bytes, and its words in the order of their numbers.
struct Piece {
    bytes: u64,
    words: Vec<u32>,
}

/// The sentences of a text. What says nothing belongs to the one before it, and so does what is
/// beyond the limit.
fn pieces(text: &str, lexicon: &mut Lexicon) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for sentence in sentences(text) {
        let normal = normalise(sentence);
        let words = spoken(&normal);
        let words: Vec<u32> = words.map(|word| lexicon.word(word)).collect();
        let full = pieces.len() >= MAX_SENTENCES;
        match pieces.last_mut() {
            Some(last) if words.is_empty() || full => {
                last.bytes += sentence.len() as u64;
                last.words.extend(words);
            }
            _ => pieces.push(Piece { bytes: sentence.len() as u64, words }),
        }
    }
    pieces.iter_mut().for_each(|piece| piece.words.sort_unstable());
    pieces
}

/// How alike two sentences are, if they are each other's counterpart.
fn alike(a: &Piece, b: &Piece) -> Option<u32> {
    let ppm = ratio_ppm(2 * in_common(&a.words, &b.words), a.words.len() + b.words.len());
    (ppm >= MIN_COUNTERPART_PPM).then_some(ppm)
}

/// The pairs of counterparts, in the order of both texts, that are most alike in all.
fn best_pairs(first: &[Piece], second: &[Piece]) -> Vec<(usize, usize)> {
    let likeness: Vec<Vec<u64>> =
        first.iter().map(|a| second.iter().map(|b| alike(a, b).map_or(0, u64::from)).collect()).collect();
    let get = |table: &[Vec<u64>], i: usize, j: usize| {
        table.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0)
    };
    // best[i][j]: of the texts from their i-th and j-th sentence on
    let mut best = vec![vec![0_u64; second.len() + 1]; first.len() + 1];
    for i in (0..first.len()).rev() {
        for j in (0..second.len()).rev() {
            let paired = match get(&likeness, i, j) {
                0 => 0,
                ppm => ppm + get(&best, i + 1, j + 1),
            };
            let most = paired.max(get(&best, i + 1, j)).max(get(&best, i, j + 1));
            if let Some(slot) = best.get_mut(i).and_then(|row| row.get_mut(j)) {
                *slot = most;
            }
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < first.len() && j < second.len() {
        let (here, ppm) = (get(&best, i, j), get(&likeness, i, j));
        if ppm > 0 && here == ppm + get(&best, i + 1, j + 1) {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if here == get(&best, i + 1, j) {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}
