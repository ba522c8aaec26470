//! Operators that copy each other: two of them whose answers are equal more often than answers of honest ones are count as one,
//! before anything is tested.

use super::chance::Chance;
use std::collections::{BTreeMap, BTreeSet};

/// Lengths of answers that are told apart, words.
const LENGTHS: [u64; 2] = [20, 100];
/// How often answers of two honest operators to one prompt are equal in bytes, by the lengths of [`LENGTHS`], parts per million:
/// the upper ends of what public corpora of repeated answers show at temperatures of 0.7 and more (2 to 11% below 20 words, up to 2.3% to
/// 100, none of 10,769 pairs above: 3 of them is a bound at 95%).
const EQUAL_PPM: [u64; 3] = [110_000, 23_000, 279];
/// Two operators are taken for one below this chance, for all pairs together, parts per 10^12.
const COPIED_BELOW: u64 = 10_000_000_000;
/// Bits of the fraction of a probability.
const FRACTION: u32 = 60;

/// An answer to one prompt, in any region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Operator.
    pub operator: u32,
    /// Which text it is; equal texts have equal numbers.
    pub text: u32,
    /// Its words.
    pub words: u64,
}

/// Two operators whose answers are equal too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// The two, the lower number first.
    pub operators: (u32, u32),
    /// Prompts on which an answer of one is an answer of the other.
    pub equal: u64,
    /// Prompts that both answered.
    pub prompts: u64,
    /// The chance of that among honest ones, all pairs together.
    pub chance: Chance,
}

/// The pairs of operators of one target that copy, from lists of the answers to one prompt each.
///
/// How often an honest pair is equal on a prompt is taken from its length, or from how often the other pairs are equal on it, whichever is
/// more: where everybody says "yes", to say it too is no sign.
pub fn copies(prompts: &[Vec<Told>]) -> Vec<Copied> {
    let operators: BTreeSet<u32> = prompts.iter().flatten().map(|told| told.operator).collect();
    let pairs = operators.len() * operators.len().saturating_sub(1) / 2;
    let shared: Vec<Shared> = prompts.iter().map(|list| Shared::of(list)).collect();
    let alike: BTreeSet<(u32, u32)> = shared.iter().flat_map(|prompt| prompt.equal.keys().copied()).collect();
    let mut found = Vec::new();
    for pair in alike {
        let mut classes = [const { (Vec::new(), 0_usize) }; EQUAL_PPM.len()];
        let (mut equal, mut both) = (0, 0);
        for prompt in &shared {
            let Some((class, is_equal, rate)) = prompt.seen(pair) else { continue };
            both += 1;
            equal += u64::from(is_equal);
            if let Some((rates, equals)) = classes.get_mut(class) {
                rates.push(rate);
                *equals += usize::from(is_equal);
            }
        }
        let rarest = classes.iter().map(|(rates, equals)| at_least(rates, *equals)).min();
        let chance = rarest.unwrap_or(Chance::ONE).times((EQUAL_PPM.len() * pairs) as u64);
        if chance.parts() <= COPIED_BELOW {
            found.push(Copied { operators: pair, equal, prompts: both, chance });
        }
    }
    found
}

/// Who answers alike on one prompt.
struct Shared {
    /// Who answered, with the length of the longest answer.
    answered: BTreeMap<u32, u64>,
    /// Pairs that have an answer in common, with the length of the longest such.
    equal: BTreeMap<(u32, u32), u64>,
}

impl Shared {
    fn of(list: &[Told]) -> Self {
        let (mut answered, mut holders) = (BTreeMap::new(), BTreeMap::<u32, (BTreeSet<u32>, u64)>::new());
        for told in list {
            let longest: &mut u64 = answered.entry(told.operator).or_default();
            *longest = told.words.max(*longest);
            let (operators, words) = holders.entry(told.text).or_default();
            operators.insert(told.operator);
            *words = told.words.max(*words);
        }
        let mut equal = BTreeMap::new();
        for (operators, words) in holders.into_values() {
            for (at, one) in operators.iter().enumerate() {
                for other in operators.iter().skip(at + 1) {
                    let longest: &mut u64 = equal.entry((*one, *other)).or_default();
                    *longest = words.max(*longest);
                }
            }
        }
        Self { answered, equal }
    }

    /// Of a pair that both answered: the class of length, whether they have an answer in common, and how often an honest pair
    /// has, parts per million.
    fn seen(&self, pair: (u32, u32)) -> Option<(usize, bool, u64)> {
        let longest = *self.answered.get(&pair.0)?.max(self.answered.get(&pair.1)?);
        let equal = self.equal.get(&pair).copied();
        let words = equal.unwrap_or(longest);
        let class = LENGTHS.iter().filter(|length| words >= **length).count();
        let others = (self.answered.len() * (self.answered.len() - 1) / 2 - 1) as u64;
        let others_equal = self.equal.len() as u64 - u64::from(equal.is_some());
        let of_others = if others_equal == 0 { 0 } else { 1_000_000 * (others_equal + 1) / (others + 1) };
        let rate = EQUAL_PPM.get(class).copied().unwrap_or(0).max(of_others).min(1_000_000);
        Some((class, equal.is_some(), rate))
    }
}

/// The chance that so many of independent events come about, or more; `rates` in parts per million.
fn at_least(rates: &[u64], count: usize) -> Chance {
    if count == 0 {
        return Chance::ONE;
    }
    // the chance of each number of events below `count`, in 2^-60, rounded down; what is missing from one is the rest
    let one = 1_u128 << FRACTION;
    let mut below = vec![0_u128; count];
    if let Some(none) = below.first_mut() {
        *none = one;
    }
    for rate in rates {
        for at in (0..count).rev() {
            let stays = below.get(at).copied().unwrap_or(0) * u128::from(1_000_000 - rate);
            let comes =
                at.checked_sub(1).and_then(|at| below.get(at)).copied().unwrap_or(0) * u128::from(*rate);
            if let Some(chance) = below.get_mut(at) {
                *chance = (stays + comes) / 1_000_000;
            }
        }
    }
    Chance::of(one - below.iter().sum::<u128>().min(one), one)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One answer each by six operators to 30 prompts; `text` tells which.
    fn prompts(words: u64, text: impl Fn(u32, u32) -> u32) -> Vec<Vec<Told>> {
        let told = |prompt, operator| Told { operator, text: text(prompt, operator), words };
        (0..30).map(|prompt| (0..6).map(|operator| told(prompt, operator)).collect()).collect()
    }

    #[test]
    fn two_equal_long_answers_of_thirty_suffice() {
        let copied = |n: u32| {
            copies(&prompts(150, |prompt, operator| if prompt < n && operator == 5 { 4 } else { operator }))
        };
        assert_eq!(copied(1), []);
        let found = copied(2);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].operators, found[0].equal, found[0].prompts), ((4, 5), 2, 30));
        assert!(found[0].chance.parts() < 2_000_000_000, "{:?}", found[0]);
    }

    #[test]
    fn short_answers_are_equal_among_honest_ones_too() {
        // every seventh prompt, as often as one in nine is honest
        let honest =
            prompts(8, |prompt, operator| if prompt % 7 == 0 && operator == 5 { 4 } else { operator });
        assert_eq!(copies(&honest), []);
        let always = prompts(8, |_, operator| operator.min(4));
        assert_eq!(copies(&always).len(), 1);
    }

    #[test]
    fn what_everybody_says_is_no_sign() {
        assert_eq!(copies(&prompts(150, |_, _| 1)), []);
        assert_eq!(copies(&prompts(3, |_, _| 1)), []);
        assert_eq!(copies(&[]), []);
    }

    #[test]
    fn rare_events_add_up_exactly() {
        // 1 - 0.9^3 - 3 * 0.1 * 0.9^2
        let chance = at_least(&[100_000; 3], 2).parts();
        assert!(chance.abs_diff(28_000_000_000) <= 1, "{chance}");
        assert_eq!(at_least(&[100_000; 3], 0), Chance::ONE);
        assert!(at_least(&[100_000; 3], 4).parts() <= 1);
    }
}
