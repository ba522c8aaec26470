//! Which token comes next: the likeliest, or one that whole numbers draw from a seed.
//!
//! Logits are rounded to 1/1024 first, and everything behind that is done in whole numbers, so that whoever computes
//! the same logits draws the same token. `docs/PROTOCOL.md` says the same in words.

use crate::hash::Seed;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Steps of a logit that are told apart.
const STEPS: f32 = 1024.0;
/// Largest logit that is taken, either way. Models stay far below it; the product with [`STEPS`] is exact.
const LOGIT_MAX: f32 = 8192.0;
/// The base-2 logarithm of e, in 2^-32.
const LOG2_E: u64 = 6_196_328_018;
/// 2^(-2^-k) for k = 1 to 16, in 2^-32, rounded down.
const HALVINGS: [u64; 16] = [
    3_037_000_499,
    3_611_622_602,
    3_938_502_375,
    4_112_874_773,
    4_202_935_003,
    4_248_701_964,
    4_271_771_996,
    4_283_353_945,
    4_289_156_690,
    4_292_061_009,
    4_293_513_906,
    4_294_240_539,
    4_294_603_902,
    4_294_785_595,
    4_294_876_444,
    4_294_921_870,
];
/// What is hashed before seed and position.
const DRAW: &[u8] = b"vantage/draw-token/v1\0";

/// How tokens are drawn, where not the likeliest is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sampling {
    /// Temperature in thousandths; at least 1.
    pub temperature_milli: u32,
    /// Where all draws of one answer come from.
    pub seed: Seed,
}

/// Picks the tokens of one answer.
#[derive(Debug)]
pub(crate) struct Sampler {
    sampling: Option<Sampling>,
    drawn: u64,
    weights: Vec<u64>,
}

impl Sampler {
    /// The likeliest token each time (of equals, the lowest id), or draws.
    pub(crate) fn new(sampling: Option<Sampling>) -> Self {
        Self { sampling, drawn: 0, weights: Vec::new() }
    }

    /// The next token's id.
    pub(crate) fn pick(&mut self, logits: &[f32]) -> Result<u32, String> {
        if let Some(id) = logits.iter().position(|logit| logit.is_nan()) {
            return Err(format!("the logit of token {id} is not a number"));
        }
        match self.sampling {
            None => likeliest(logits),
            Some(sampling) => self.draw(logits, sampling),
        }
    }

    /// A token with the probability that its weight is of all weights, in the order of ids.
    fn draw(&mut self, logits: &[f32], sampling: Sampling) -> Result<u32, String> {
        let rounded = |logit: f32| (logit.clamp(-LOGIT_MAX, LOGIT_MAX) * STEPS).round_ties_even() as i32;
        let highest = logits.iter().copied().map(rounded).max().ok_or("the model gave no logits")?;
        let scale = scale(sampling.temperature_milli);
        self.weights.clear();
        self.weights.extend(logits.iter().map(|logit| weight(highest.abs_diff(rounded(*logit)), scale)));
        // at most 2^32 for each id, and an id is a u32
        let sum: u64 = self.weights.iter().sum();
        let point = scaled(self.random(&sampling.seed), sum);
        let mut reached = 0;
        for (id, weight) in (0u32..).zip(&self.weights) {
            reached += weight;
            if point < reached {
                return Ok(id);
            }
        }
        Err("no token has a weight".to_owned())
    }

    /// 64 bits from the seed and how many came before.
    fn random(&mut self, seed: &Seed) -> u64 {
        let hash = Sha256::new().chain_update(DRAW).chain_update(seed.as_bytes());
        let hash = hash.chain_update(self.drawn.to_be_bytes()).finalize();
        self.drawn += 1;
        hash.iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte))
    }
}

/// The id with the highest logit; of equals, the lowest.
fn likeliest(logits: &[f32]) -> Result<u32, String> {
    let mut best: Option<(u32, f32)> = None;
    for (id, &logit) in (0u32..).zip(logits) {
        if best.is_none_or(|(_, highest)| logit > highest) {
            best = Some((id, logit));
        }
    }
    best.map(|(id, _)| id).ok_or_else(|| "the model gave no logits".to_owned())
}

/// What one step of a logit is worth at a temperature: an exponent of 2, in 2^-32.
fn scale(temperature_milli: u32) -> u128 {
    let steps = 1024 * u128::from(temperature_milli.max(1));
    u128::from(LOG2_E) * 1000 / steps
}

/// 2^32 times 2 to the power of minus `below * scale / 2^32`, rounded down.
fn weight(below: u32, scale: u128) -> u64 {
    let exponent = u128::from(below) * scale;
    let whole = exponent >> 32;
    if whole > 32 {
        return 0;
    }
    let fraction = (exponent >> 16) & 0xffff;
    let mut weight = 1_u64 << 32;
    for (at, halving) in HALVINGS.iter().enumerate() {
        if fraction >> (15 - at) & 1 == 1 {
            weight = (weight * halving) >> 32;
        }
    }
    weight >> whole
}

/// A point below `sum`, as far up as `random` is below 2^64.
fn scaled(random: u64, sum: u64) -> u64 {
    u64::try_from((u128::from(random) * u128::from(sum)) >> 64).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampler(temperature_milli: u32, seed: u8) -> Sampler {
        Sampler::new(Some(Sampling { temperature_milli, seed: Seed::from_bytes([seed; 32]) }))
    }

    #[test]
    fn weights_are_the_powers_they_stand_for() {
        for temperature_milli in [1, 300, 700, 1000, 2000] {
            for below in [0, 1, 2, 100, 709, 1024, 5000, 20_000] {
                let exact = (-f64::from(below) / 1024.0 * 1000.0 / f64::from(temperature_milli)).exp();
                let weight = weight(below, scale(temperature_milli)) as f64 / 4_294_967_296.0;
                assert!(
                    (weight - exact).abs() < 3e-5 * exact + 3e-9,
                    "{below} {temperature_milli}: {weight} {exact}"
                );
            }
        }
        assert_eq!(weight(u32::MAX, scale(1)), 0);
        assert_eq!(weight(16_777_216, scale(2000)), 0);
    }

    #[test]
    fn tokens_come_as_often_as_the_softmax_says() {
        let logits = [1.0_f32, 0.0, 2.0, f32::NEG_INFINITY, -1.0];
        let draws = 40_000;
        let mut sampler = sampler(700, 3);
        let mut counts = [0_u32; 5];
        for _ in 0..draws {
            counts[sampler.pick(&logits).unwrap() as usize] += 1;
        }
        let powers = logits.map(|logit| (f64::from(logit) / 0.7).exp());
        let sum: f64 = powers.iter().sum();
        for (count, power) in counts.iter().zip(powers) {
            let share = f64::from(*count) / f64::from(draws);
            assert!((share - power / sum).abs() < 0.01, "{counts:?}");
        }
        assert_eq!(counts[3], 0);
    }

    #[test]
    fn one_seed_draws_the_same_again_and_another_does_not() {
        let logits: Vec<f32> = (0..1000_u16).map(|id| f32::from(id % 17) / 8.0).collect();
        let drawn = |seed| {
            let mut sampler = sampler(1000, seed);
            (0..40).map(|_| sampler.pick(&logits).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        // what the text of PROTOCOL.md gives, written down in another language
        assert_eq!(drawn(1)[..8], [644, 203, 134, 854, 353, 103, 993, 441]);
    }

    #[test]
    fn a_last_bit_of_a_logit_changes_nothing() {
        let logits: Vec<f32> = (0..500_u16).map(|id| f32::from(id % 23) / 4.0).collect();
        let nudged: Vec<f32> = logits.iter().map(|logit| logit.next_up()).collect();
        let (mut one, mut other) = (sampler(900, 5), sampler(900, 5));
        for _ in 0..200 {
            assert_eq!(one.pick(&logits), other.pick(&nudged));
        }
    }

    #[test]
    fn without_sampling_the_likeliest_is_taken_and_what_is_no_number_refused() {
        let mut greedy = Sampler::new(None);
        assert_eq!(greedy.pick(&[0.0, 2.0, 2.0]), Ok(1));
        for sampler in [&mut greedy, &mut sampler(1000, 0)] {
            assert!(sampler.pick(&[]).is_err());
            assert!(sampler.pick(&[0.0, f32::NAN]).unwrap_err().contains("token 1"));
            assert_eq!(sampler.pick(&[f32::NEG_INFINITY, f32::INFINITY]), Ok(1));
        }
    }
}
