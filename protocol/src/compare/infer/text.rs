//! Do texts differ between two sides more than labels exchanged by chance would make them?
//!
//! Two statistics, each summed over prompts: *energy*, how much further answers of different sides lie from each other than
//! answers of one side; and *soft said*, words that answers of one side hold more often than the other's. The first sees
//! texts that differ as a whole, the second one word in a text that is phrased anew each time. The smaller of their two ranks among all
//! labellings is ranked once more, so that looking twice costs what it should.

use super::chance::Chance;
use super::labels::Labels;

/// The power to which a word's surplus is raised: words held by all on one side and none on the other count, few others.
const SAID_POWER: u32 = 10;
/// Bits of the fraction of a word's score.
const SAID_FRACTION: u32 = 32;
/// Bits of the fraction of an energy distance in parts per million.
const ENERGY_FRACTION: u32 = 10;
/// Bits of the fraction of a standardised statistic.
const SCORE_FRACTION: u32 = 16;

/// The answers of one prompt, as this test sees them; bit and index of an answer are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// Distance of each answer from each, parts per million, row by row; symmetric, 0 from itself.
    pub distances_ppm: Vec<u32>,
    /// Sets of answers, and how many words exactly they hold and no other.
    pub holders: Vec<(u32, u32)>,
    /// Answers.
    pub answers: u32,
}

impl Texts {
    /// What it takes up, bytes.
    pub fn bytes(&self) -> usize {
        size_of_val(self.distances_ppm.as_slice()) + size_of_val(self.holders.as_slice())
    }

    /// Some of the answers alone, the others taken out.
    pub fn only(&self, kept: u32) -> Self {
        let places: Vec<usize> =
            (0..self.answers.min(32) as usize).filter(|at| kept >> at & 1 == 1).collect();
        let n = self.answers as usize;
        let of = |one: usize, other: usize| self.distances_ppm.get(one * n + other).copied().unwrap_or(0);
        let distances_ppm =
            places.iter().flat_map(|one| places.iter().map(move |other| of(*one, *other))).collect();
        let moved = |set: u32| {
            let members = places.iter().enumerate().filter(|(_, place)| set >> **place & 1 == 1);
            members.fold(0, |set, (at, _)| set | 1 << at)
        };
        let holders = self
            .holders
            .iter()
            .map(|(set, words)| (moved(*set), *words))
            .filter(|(set, _)| *set != 0)
            .collect();
        Self { distances_ppm, holders, answers: places.len() as u32 }
    }
}

impl Texts {
    /// The same with the first `n` answers last.
    pub fn turned(&self, n: usize) -> Self {
        let all = self.answers.min(32) as usize;
        let from = |at: usize| (at + n) % all.max(1);
        let of = |one: usize, other: usize| {
            self.distances_ppm.get(from(one) * all + from(other)).copied().unwrap_or(0)
        };
        let distances_ppm = (0..all).flat_map(|one| (0..all).map(move |other| of(one, other))).collect();
        let moved =
            |set: u32| (0..all).filter(|at| set >> from(*at) & 1 == 1).fold(0, |set, at| set | 1 << at);
        let holders = self.holders.iter().map(|(set, words)| (moved(*set), *words)).collect();
        Self { distances_ppm, holders, answers: self.answers }
    }
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextFinding {
    /// The chance that labels exchanged make the texts differ as much.
    pub chance: Chance,
    /// The same by energy alone, and by what is said alone: for readers, never to be picked from.
    pub alone: [Chance; 2],
    /// Energy distance averaged over prompts, parts per million: 0 where both sides are dealt from one hat, 2,000,000
    /// where nothing is shared across and everything within.
    pub energy_ppm: i64,
}

/// Compares the observed labelling with all others. None without a labelling or without a prompt, or where a prompt's
/// texts are not as many as it says.
pub fn text_chance(prompts: &[Texts], labels: &Labels) -> Option<TextFinding> {
    let count = labels.len();
    let (mut energies, mut saids) = (vec![0_i64; count], vec![0_i64; count]);
    let mut energy_sum = 0_i64;
    for (at, texts) in prompts.iter().enumerate() {
        let labelled = labels.of_prompt(at)?;
        let energy = Energy::new(texts)?;
        let of_ways: Vec<i64> = labelled.ways.iter().map(|way| energy.of(*way)).collect();
        energy_sum += *of_ways.get(*labelled.of.first()? as usize)? >> ENERGY_FRACTION;
        add_scores(&mut energies, &of_ways, &labelled.of);
        let said = Said::new(texts, &labelled.ways);
        let of_ways: Vec<i64> = labelled.ways.iter().map(|way| said.of(*way)).collect();
        add_scores(&mut saids, &of_ways, &labelled.of);
    }
    let ranks = [ranks(&energies), ranks(&saids)];
    let least: Vec<u64> = ranks[0].iter().zip(&ranks[1]).map(|(energy, said)| *energy.min(said)).collect();
    let observed = least.first()?;
    let as_far = least.iter().filter(|rank| *rank <= observed).count();
    let whole = count as u128;
    Some(TextFinding {
        chance: Chance::of(as_far as u128, whole),
        alone: [
            Chance::of((*ranks[0].first()?).into(), whole),
            Chance::of((*ranks[1].first()?).into(), whole),
        ],
        energy_ppm: energy_sum / i64::try_from(prompts.len()).ok()?.max(1),
    })
}

/// Adds to each sum its labelling's value in standard deviations above the mean of all ways, in 2^-16. So each prompt weighs
/// as much as the others, however long its answers are.
fn add_scores(sums: &mut [i64], values: &[i64], of: &[u32]) {
    let count = values.len() as i128;
    let sum: i128 = values.iter().map(|value| i128::from(*value)).sum();
    let squares: i128 = values.iter().map(|value| i128::from(*value) * i128::from(*value)).sum();
    let deviation = (count * squares - sum * sum).max(0).isqrt();
    if deviation == 0 {
        return;
    }
    let score = |value: &i64| {
        let above = (i128::from(*value) * count - sum) << SCORE_FRACTION;
        i64::try_from(above.div_euclid(deviation)).unwrap_or(i64::MAX / 4096)
    };
    let scores: Vec<i64> = values.iter().map(score).collect();
    for (total, way) in sums.iter_mut().zip(of) {
        *total += scores.get(*way as usize).copied().unwrap_or(0);
    }
}

/// Of each value how many are as high or higher, itself included.
fn ranks(values: &[i64]) -> Vec<u64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    values.iter().map(|value| (sorted.len() - sorted.partition_point(|other| other < value)) as u64).collect()
}

/// Sums of distances within sets of answers.
struct Energy {
    /// For each answer and each byte of a set the sum of its distances from the set's members in that byte.
    rows: Vec<[[u32; 256]; 4]>,
    /// For each byte of a set the sum of its members' distances from each other, each pair twice.
    within: [[u32; 256]; 4],
    /// For each byte of a set the sum of its members' distances from all answers.
    from_all: [[u32; 256]; 4],
    total: i64,
    answers: u32,
}

impl Energy {
    fn new(texts: &Texts) -> Option<Self> {
        let n = texts.answers as usize;
        if n > 32 || texts.distances_ppm.len() != n * n {
            return None;
        }
        let mut rows = vec![[[0_u32; 256]; 4]; n];
        let mut from_all = [[0; 256]; 4];
        let bytes = n.div_ceil(8);
        let all = |at: usize| texts.distances_ppm.chunks(n).nth(at).map_or(0, |row| row.iter().sum());
        for byte in 0..bytes {
            for (sums, row) in rows.iter_mut().zip(texts.distances_ppm.chunks(n.max(1))) {
                by_members(sums.get_mut(byte)?, |at| row.get(byte * 8 + at).copied().unwrap_or(0));
            }
            by_members(from_all.get_mut(byte)?, |at| all(byte * 8 + at));
        }
        let mut within = [[0_u32; 256]; 4];
        for (byte, within) in within.iter_mut().enumerate().take(bytes) {
            // a set without its lowest member, and that one with all others, twice
            for set in 1..256_usize {
                let (lowest, rest) = (set.trailing_zeros() as usize, set & (set - 1));
                let of_lowest = rows.get(8 * byte + lowest).map_or(0, |row| row[byte][rest]);
                within[set] = within[rest].saturating_add(2 * of_lowest);
            }
        }
        let total = texts.distances_ppm.iter().map(|distance| i64::from(*distance)).sum();
        Some(Self { rows, within, from_all, total, answers: texts.answers })
    }

    /// Sum of the distances of all members of a set from each other, each pair twice.
    fn within(&self, set: u32) -> i64 {
        let bytes = set.to_le_bytes().map(usize::from);
        let own: i64 = self.within.iter().zip(bytes).map(|(sums, byte)| i64::from(sums[byte])).sum();
        // each member's distances from those of later bytes
        let mut across = 0_i64;
        let mut left = set & ((1 << (8 * (self.answers.saturating_sub(1) / 8))) - 1);
        while left != 0 {
            let at = left.trailing_zeros();
            left &= left - 1;
            if let Some(row) = self.rows.get(at as usize) {
                let later = row.iter().zip(bytes).skip(at as usize / 8 + 1);
                across += later.map(|(sums, byte)| i64::from(sums[byte])).sum::<i64>();
            }
        }
        own + 2 * across
    }

    /// The energy distance between a set and the other answers, parts per 1,024 million, rounded down; 0 where either is empty.
    fn of(&self, first: u32) -> i64 {
        let within = self.within(first);
        let bytes = first.to_le_bytes().map(usize::from);
        let from_all: i64 = self.from_all.iter().zip(bytes).map(|(sums, byte)| i64::from(sums[byte])).sum();
        let across = from_all - within;
        let other = self.total - within - 2 * across;
        let m = i64::from(first.count_ones());
        let n = i64::from(self.answers) - m;
        let squares = (2 * m * n * across - n * n * within - m * m * other) << ENERGY_FRACTION;
        squares.checked_div_euclid(m * m * n * n).unwrap_or(0)
    }
}

/// Of each set of eight the sum of what its members are worth.
fn by_members(sums: &mut [u32; 256], worth: impl Fn(usize) -> u32) {
    for set in 1..256_usize {
        sums[set] = sums[set & (set - 1)].saturating_add(worth(set.trailing_zeros() as usize));
    }
}

/// Scores of words by how their holders fall to the two sides.
struct Said {
    /// Sets of holders that can score at all, how many they are, and how many words they hold.
    holders: Vec<(u32, usize, i64)>,
    /// For each size of the first side that occurs: the score by how many hold a word, and how many of those are on the first side.
    scores: Vec<Vec<i64>>,
    answers: u32,
}

/// Numbers of holders that are told apart: 0 to 32.
const COUNTS: usize = 33;

impl Said {
    /// For labellings by these masks.
    fn new(texts: &Texts, masks: &[u32]) -> Self {
        let answers = texts.answers.min(32);
        let mut scores = vec![Vec::new(); COUNTS];
        for m in masks.iter().map(|mask| mask.count_ones()) {
            if let Some(scores) = scores.get_mut(m as usize).filter(|scores| scores.is_empty()) {
                *scores = said_scores(m, answers.saturating_sub(m));
            }
        }
        let can_score = |count: usize| {
            scores.iter().any(|scores: &Vec<i64>| {
                scores
                    .get(count * COUNTS..(count + 1) * COUNTS)
                    .is_some_and(|row| row.iter().any(|score| *score > 0))
            })
        };
        let holders =
            texts.holders.iter().map(|(set, words)| (*set, set.count_ones() as usize, i64::from(*words)));
        Self { holders: holders.filter(|(_, count, _)| can_score(*count)).collect(), scores, answers }
    }

    fn of(&self, first: u32) -> i64 {
        debug_assert!(self.answers == 32 || first >> self.answers == 0, "a labelling is of these answers");
        let Some(scores) = self.scores.get(first.count_ones() as usize) else { return 0 };
        let score = |(set, count, words): &(u32, usize, i64)| {
            let on_first = (set & first).count_ones() as usize;
            scores.get(count * COUNTS + on_first).map_or(0, |score| score * words)
        };
        self.holders.iter().map(score).sum()
    }
}

/// The scores of words where `m` answers are on the first side and `n` on the second.
fn said_scores(m: u32, n: u32) -> Vec<i64> {
    let mut scores = vec![0; COUNTS * COUNTS];
    for count in 0..=(m + n) {
        for on_first in count.saturating_sub(n)..=count.min(m) {
            let apart = (on_first * n).abs_diff((count - on_first) * m);
            let at = count as usize * COUNTS + on_first as usize;
            if let Some(score) = scores.get_mut(at) {
                *score = said_score(apart.into(), u64::from(m) * u64::from(n));
            }
        }
    }
    scores
}

/// What a word is worth whose shares of holders are `apart` of `most` apart, in 2^-32. Below a half it would be worth less than a
/// thousandth, and is worth nothing: most words are passed by so.
fn said_score(apart: u64, most: u64) -> i64 {
    if 2 * apart < most {
        return 0;
    }
    let share = (u128::from(apart) << SAID_FRACTION).checked_div(most.into()).unwrap_or(0);
    let score = (0..SAID_POWER).fold(1_u128 << SAID_FRACTION, |score, _| (score * share) >> SAID_FRACTION);
    i64::try_from(score).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::infer::Draws;
    use crate::compare::infer::labels::{Block, Exchange};
    use crate::id::{JobId, NetId};

    /// Answers in two groups by a bit of their number: `apart_ppm` between groups, `near_ppm` within, one word for the first.
    fn texts(n: u32, first: u32, near_ppm: u32, apart_ppm: u32) -> Texts {
        let side = |at: u32| first >> at & 1;
        let distance = |a: u32, b: u32| match (a == b, side(a) == side(b)) {
            (true, _) => 0,
            (_, true) => near_ppm,
            (_, false) => apart_ppm,
        };
        let distances_ppm = (0..n).flat_map(|a| (0..n).map(move |b| distance(a, b))).collect();
        Texts { distances_ppm, holders: vec![(first, 1), (u32::MAX >> (32 - n), 20)], answers: n }
    }

    fn labels(prompts: usize, side: u32) -> Labels {
        let first = (1 << side) - 1;
        let block = Block { operator: 0, first, second: first << side };
        let draws = Draws::new(&NetId([0; 32]), &JobId([1; 32]), 0);
        Labels::new(&vec![vec![block]; prompts], Exchange::Splits, 1999, &draws).unwrap()
    }

    #[test]
    fn sides_that_are_apart_are_the_rarest_split_and_its_mirror() {
        let found = text_chance(&[texts(8, 0x0f, 100_000, 500_000)], &labels(1, 4)).unwrap();
        assert_eq!(found.chance, Chance::of(2, 70));
        assert_eq!(found.alone, [Chance::of(2, 70); 2]);
        // twice 500,000 less twice the mean within, which counts each answer's distance 0 from itself
        assert_eq!(found.energy_ppm, 850_000);
    }

    #[test]
    fn sides_that_are_mixed_are_nothing_special() {
        let found = text_chance(&[texts(8, 0b0101_0101, 100_000, 500_000)], &labels(1, 4)).unwrap();
        assert!(found.chance > Chance::of(1, 3), "{found:?}");
    }

    #[test]
    fn equal_texts_tell_nothing() {
        let equal = Texts { distances_ppm: vec![0; 64], holders: vec![(0xff, 9)], answers: 8 };
        let found = text_chance(&[equal.clone(), equal], &labels(2, 4)).unwrap();
        assert_eq!((found.chance, found.energy_ppm), (Chance::ONE, 0));
    }

    #[test]
    fn prompts_add_up() {
        let weak = texts(4, 0b0011, 400_000, 500_000);
        let one = text_chance(core::slice::from_ref(&weak), &labels(1, 2)).unwrap();
        let many = text_chance(&vec![weak; 10], &labels(10, 2)).unwrap();
        assert_eq!(one.chance, Chance::of(2, 6));
        assert!(many.chance <= Chance::of(1, 1000), "{many:?}");
    }

    #[test]
    fn tables_hold_the_sums_that_rows_do() {
        for n in [3_usize, 8, 9, 16] {
            let distance =
                |a: usize, b: usize| if a == b { 0 } else { 1_000 + 37 * (a * b + a + b) as u32 % 991 };
            let distances_ppm: Vec<u32> = (0..n * n).map(|at| distance(at / n, at % n)).collect();
            let texts = Texts { distances_ppm: distances_ppm.clone(), holders: vec![], answers: n as u32 };
            let energy = Energy::new(&texts).unwrap();
            for set in (0..1_u32 << n).step_by(1 + (1 << n) / 500) {
                let members: Vec<usize> = (0..n).filter(|at| set >> at & 1 == 1).collect();
                let pairs = members.iter().flat_map(|a| members.iter().map(move |b| a * n + b));
                let sum: u32 = pairs.map(|at| distances_ppm[at]).sum();
                assert_eq!(energy.within(set), i64::from(sum), "{set:b} of {n}");
            }
        }
    }

    #[test]
    fn a_matrix_of_another_size_is_refused() {
        let bad = Texts { distances_ppm: vec![0; 63], holders: vec![], answers: 8 };
        assert!(text_chance(&[bad], &labels(1, 4)).is_none());
    }
}
