//! Similarities between the answers to one prompt, measured once per pair of distinct texts.

use super::answer::{Answer, MAX_COMPARED_CHARS, Text, Texts};
use super::budget::{EACH, NEAR_WORD, PREPARE_ASCII_CHAR, PREPARE_CHAR, Purse, SPLIT_WORD};
use super::figures::{Figures, Near, Spread};
use super::lexicon::Lexicon;
use super::measurable::Measurable;
use super::said::Held;
use std::collections::{BTreeMap, BTreeSet};

/// Fewer characters than this are not worth a verdict: beyond the cost bound nothing is measured.
pub(super) const MIN_COMPARED_CHARS: usize = 256;

/// Two distinct texts by number, the lower one first.
pub(super) type TextPair = (usize, usize);

/// The texts of two answers, unless they are equal.
pub(super) fn text_pair(a: &Answer<'_>, b: &Answer<'_>) -> Option<TextPair> {
    let (a, b) = (a.normalised, b.normalised);
    (a != b).then_some((a.min(b), a.max(b)))
}

/// What is to be measured of one prompt.
#[derive(Default)]
pub(super) struct Plan {
    /// Texts by number, each as often as an answer of a compared pair of regions is it.
    pub(super) sides: BTreeMap<usize, u64>,
    /// Pairs of unequal texts, within regions and across them.
    pub(super) pairs: BTreeSet<TextPair>,
    /// Whether too little of the texts was read to measure anything.
    pub(super) unread: bool,
}

/// Similarity of every pair that was asked for.
pub(super) struct Matrix {
    /// Leading characters of each text that were measured; 0 if nothing was.
    pub(super) chars_max: usize,
    pub(super) lexicon: Lexicon,
    pub(super) texts: BTreeMap<usize, Measurable>,
    /// Texts of which only the beginning was measured.
    truncated: BTreeSet<usize>,
    near: BTreeMap<TextPair, Near>,
}

impl Matrix {
    /// Measures by as many leading characters as the purses' shares allow, halving from
    /// [`MAX_COMPARED_CHARS`]; below 256 nothing is measured.
    pub(super) fn measure(texts: &Texts<'_>, plan: &Plan, near: &mut Purse) -> Self {
        let size = |number: &usize| Some((*number, Size::of(texts.0.get(*number)?)));
        let sizes: BTreeMap<usize, Size> = plan.sides.keys().filter_map(size).collect();
        let cost =
            |max: usize| near_cost(plan, &|text| sizes.get(&text).copied().unwrap_or_default().up_to(max));
        let chars_max = halve(MAX_COMPARED_CHARS, |max| !plan.unread && cost(max) <= near.share());
        near.spend(if chars_max > 0 { cost(chars_max) } else { 0 });
        let mut matrix = Self {
            chars_max,
            lexicon: Lexicon::default(),
            texts: BTreeMap::new(),
            truncated: BTreeSet::new(),
            near: BTreeMap::new(),
        };
        if chars_max == 0 {
            return matrix;
        }
        for number in plan.sides.keys() {
            let Some(text) = texts.0.get(*number) else { continue };
            matrix.texts.insert(*number, Measurable::new(text, chars_max, &mut matrix.lexicon));
            if text.cut || sizes.get(number).is_some_and(|size| size.chars > chars_max as u64) {
                matrix.truncated.insert(*number);
            }
        }
        for (a, b) in &plan.pairs {
            if let (Some(first), Some(second)) = (matrix.texts.get(a), matrix.texts.get(b)) {
                matrix.near.insert((*a, *b), first.near(second));
            }
        }
        matrix
    }

    /// Similarity of two answers; none if their texts differ and were not measured.
    pub(super) fn near(&self, a: &Answer<'_>, b: &Answer<'_>) -> Option<Near> {
        match text_pair(a, b) {
            None => Some(Near::EQUAL),
            Some(pair) => self.near.get(&pair).copied(),
        }
    }

    /// An answer's text, taken apart.
    pub(super) fn text(&self, answer: &Answer<'_>) -> Option<&Measurable> {
        self.texts.get(&answer.normalised)
    }

    /// Which of some answers of one region hold which word; none unless all were measured whole.
    pub(super) fn held(&self, answers: &[Answer<'_>]) -> Option<Held> {
        if answers.iter().any(|answer| self.truncates(answer)) {
            return None;
        }
        let mut held = vec![0_u16; self.lexicon.len()];
        for (at, answer) in answers.iter().enumerate() {
            for word in &self.text(answer)?.said {
                if let Some(held) = held.get_mut(*word as usize) {
                    *held |= 1_u16.checked_shl(at as u32).unwrap_or(0);
                }
            }
        }
        Some(held)
    }

    /// Whether only the beginning of an answer was measured.
    pub(super) fn truncates(&self, answer: &Answer<'_>) -> bool {
        self.truncated.contains(&answer.normalised)
    }

    /// Lowest, median and highest over some pairs of answers; none over no pair, or if one of them
    /// was not measured.
    pub(super) fn figures<'a>(
        &self,
        pairs: impl Iterator<Item = (&'a Answer<'a>, &'a Answer<'a>)>,
    ) -> Option<Figures> {
        let near: Vec<Near> = pairs.map(|(a, b)| self.near(a, b)).collect::<Option<_>>()?;
        Some(Figures {
            pairs: near.len() as u64,
            shared: spread(near.iter().map(|s| s.shared_ppm).collect())?,
            shingles: spread(near.iter().map(|s| s.shingles_ppm).collect())?,
        })
    }
}

/// How much there is to measure of a text.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Size {
    /// Characters of its normalised form.
    pub(super) chars: u64,
    /// Words and marks at most.
    pub(super) words: u64,
    /// What it costs to take a character apart.
    char_costs: u64,
}

impl Size {
    fn of(text: &Text<'_>) -> Self {
        if !text.normal.is_ascii() || !text.raw.is_ascii() {
            let chars = text.normal.chars().count() as u64;
            return Self { chars, words: chars, char_costs: PREPARE_CHAR };
        }
        let joins = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let (mut words, mut joined) = (0, false);
        for byte in text.normal.bytes() {
            words += u64::from(byte != b' ' && !(joined && joins(byte)));
            joined = joins(byte);
        }
        Self { chars: text.normal.len() as u64, words, char_costs: PREPARE_ASCII_CHAR }
    }

    /// The same of its beginning.
    fn up_to(self, chars_max: usize) -> Self {
        let chars = self.chars.min(chars_max as u64);
        Self { chars, words: self.words.min(chars), ..self }
    }
}

/// Steps for taking the texts apart, for every pair of them, and for what each side says.
fn near_cost(plan: &Plan, size: &dyn Fn(usize) -> Size) -> u64 {
    let prepare = plan.sides.iter().map(|(text, times)| {
        let Size { chars, words, char_costs } = size(*text);
        EACH + (chars * char_costs).saturating_add(words.saturating_mul(times.saturating_mul(SPLIT_WORD)))
    });
    let compare = plan.pairs.iter().map(|(a, b)| EACH + (size(*a).words + size(*b).words) * NEAR_WORD);
    prepare.chain(compare).fold(0, u64::saturating_add)
}

/// The first of `max`, its half, its quarter and so on that fits; 0 if none down to 256 does.
fn halve(max: usize, fits: impl Fn(usize) -> bool) -> usize {
    let limits = core::iter::successors(Some(max), |max| Some(max / 2));
    let mut limits = limits.take_while(|max| *max >= MIN_COMPARED_CHARS);
    limits.find(|max| fits(*max)).unwrap_or(0)
}

/// None of no figure.
pub(super) fn spread(mut ppm: Vec<u32>) -> Option<Spread> {
    ppm.sort_unstable();
    let median_ppm = *ppm.get(ppm.len().saturating_sub(1) / 2)?;
    Some(Spread { lowest_ppm: *ppm.first()?, median_ppm, highest_ppm: *ppm.last()? })
}
