//! Probabilities as whole numbers, and draws that anybody repeats.

use crate::domain::Label;
use crate::hash::{labelled, sha256};
use crate::id::{JobId, NetId};
use serde::{Deserialize, Serialize};

/// A probability in parts per 10^12. What is measured is rounded up: against a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Chance(u64);

impl Chance {
    /// Certainty.
    pub const ONE: Self = Self(1_000_000_000_000);

    /// `part` of `whole`, rounded up; certainty of nothing, and never more than it.
    pub fn of(part: u128, whole: u128) -> Self {
        if whole == 0 || part >= whole {
            return Self::ONE;
        }
        let one = u128::from(Self::ONE.0);
        // beyond 2^88 both lose their last bits, the part upwards
        let shift = 128 - part.leading_zeros().min(whole.leading_zeros());
        let shift = shift.saturating_sub(88);
        let lost = part & ((1 << shift) - 1);
        let (part, whole) = ((part >> shift) + u128::from(lost > 0), whole >> shift);
        Self(u64::try_from((part * one).div_ceil(whole)).unwrap_or(Self::ONE.0)).min(Self::ONE)
    }

    /// So many parts per million, at most all of them.
    pub const fn from_ppm(ppm: u64) -> Self {
        if ppm >= 1_000_000 { Self::ONE } else { Self(ppm * 1_000_000) }
    }

    /// So many parts per 10^12.
    pub fn parts(self) -> u64 {
        self.0
    }

    /// From parts per 10^12; more than certainty is certainty.
    pub fn from_parts(parts: u64) -> Self {
        Self(parts).min(Self::ONE)
    }

    /// So many times as much, at most certainty.
    pub fn times(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor)).min(Self::ONE)
    }
}

/// A stream of whole numbers from a seed: SHA-256 in counter mode.
#[derive(Debug)]
pub struct Draws {
    seed: [u8; 32],
    counter: u64,
    words: [u32; 8],
    used: usize,
    /// The lower half of a word whose higher half was used.
    rest: Option<u16>,
}

impl Draws {
    /// For one contrast of one job.
    pub fn new(net: &NetId, job: &JobId, contrast: u32) -> Self {
        let seed = labelled(Label::DrawSplits, net, &[&job.0, &contrast.to_be_bytes()]).0;
        Self { seed, ..Self::empty() }
    }

    /// A stream of its own, for one part of what this one is for.
    pub fn branch(&self, part: u64) -> Self {
        Self { seed: sha256(&[&self.seed[..], b"branch", &part.to_be_bytes()].concat()).0, ..Self::empty() }
    }

    const fn empty() -> Self {
        Self { seed: [0; 32], counter: 0, words: [0; 8], used: 8, rest: None }
    }

    /// The next 32 bits.
    pub fn word(&mut self) -> u32 {
        if self.used == self.words.len() {
            let bytes = sha256(&[&self.seed[..], &self.counter.to_be_bytes()].concat()).0;
            for (word, four) in self.words.iter_mut().zip(bytes.chunks_exact(4)) {
                *word = four.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
            }
            self.counter += 1;
            self.used = 0;
        }
        let word = self.words.get(self.used).copied().unwrap_or(0);
        self.used += 1;
        word
    }

    /// The next 16 bits: the higher ones of a word, then its lower ones.
    fn half(&mut self) -> u16 {
        if let Some(lower) = self.rest.take() {
            return lower;
        }
        let word = self.word();
        self.rest = Some(word as u16);
        (word >> 16) as u16
    }

    /// A number below `n`, each exactly as likely as the others; 0 below 2. What would favour some is drawn again (Lemire, "Fast
    /// random integer generation in an interval", 2019).
    pub fn below(&mut self, n: u64) -> u64 {
        if n < 2 {
            return 0;
        }
        if let Ok(narrow) = u16::try_from(n) {
            loop {
                let product = u32::from(self.half()) * u32::from(narrow);
                if product as u16 >= narrow || product as u16 >= narrow.wrapping_neg() % narrow {
                    return u64::from(product >> 16);
                }
            }
        }
        if let Ok(narrow) = u32::try_from(n) {
            loop {
                let product = u64::from(self.word()) * n;
                if product as u32 >= narrow || product as u32 >= narrow.wrapping_neg() % narrow {
                    return product >> 32;
                }
            }
        }
        loop {
            let word = u64::from(self.word()) << 32 | u64::from(self.word());
            let product = u128::from(word) * u128::from(n);
            if product as u64 >= n || product as u64 >= n.wrapping_neg() % n {
                return (product >> 64) as u64;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_rounded_up_and_never_exceed_certainty() {
        assert_eq!(Chance::of(1, 3).parts(), 333_333_333_334);
        assert_eq!(Chance::of(1, 2).parts(), 500_000_000_000);
        assert_eq!(Chance::of(0, 5).parts(), 0);
        assert_eq!([Chance::of(5, 5), Chance::of(6, 5), Chance::of(0, 0)], [Chance::ONE; 3]);
        assert_eq!(Chance::of(1, u128::MAX).parts(), 1);
        assert_eq!(Chance::of(u128::MAX / 2, u128::MAX).parts(), 500_000_000_001);
        assert_eq!(Chance::of(1 << 100, 3 << 100).parts(), 333_333_333_334);
        assert_eq!(Chance::of(1, 3).times(2).parts(), 666_666_666_668);
        assert_eq!(Chance::of(1, 3).times(9), Chance::ONE);
    }

    #[test]
    fn draws_are_repeated_by_whoever_knows_job_and_contrast() {
        let drawn = |job: u8, contrast| {
            let mut draws = Draws::new(&NetId([0; 32]), &JobId([job; 32]), contrast);
            (0..20).map(|_| draws.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(drawn(1, 2), drawn(1, 2));
        assert_ne!(drawn(1, 2), drawn(1, 3));
        assert_ne!(drawn(1, 2), drawn(2, 2));
        let mut draws = Draws::new(&NetId([0; 32]), &JobId([9; 32]), 0);
        let mut counts = [0_u32; 7];
        (0..70_000).for_each(|_| counts[draws.below(7) as usize] += 1);
        assert!(counts.iter().all(|count| count.abs_diff(10_000) < 400), "{counts:?}");
        let wide = 3 << 62;
        let third = (0..3000).filter(|_| draws.below(wide) < wide / 3).count();
        assert!(third.abs_diff(1000) < 120, "{third}");
        assert_eq!([draws.below(0), draws.below(1)], [0, 0]);
    }
}
