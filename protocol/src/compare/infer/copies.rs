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

/// Which two answers are the most alike, of those to one prompt in one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest {
    /// Whose the answers are, each operator as often as it answered.
    pub operators: Vec<u32>,
    /// Whose the two are that are more alike than any other two, the lower number first; none where several are.
    pub pair: Option<(u32, u32)>,
}

/// The pairs of operators of one target that hand in each other's answers in other words.
///
/// No rate from elsewhere is needed: among honest answers to one prompt in one region any two can be the most alike. Where those are, on most
/// prompts, an answer of the one and an answer of the other, that is no chance. Where nobody else answered and nobody more than
/// once there is nothing to hold against it, and nothing is told.
pub fn near_copies(lists: &[Nearest]) -> Vec<Copied> {
    let all: BTreeSet<u32> = lists.iter().flat_map(|list| list.operators.iter().copied()).collect();
    let pairs = all.len() * all.len().saturating_sub(1) / 2;
    let candidates: BTreeSet<(u32, u32)> =
        lists.iter().filter_map(|list| list.pair).filter(|(one, other)| one != other).collect();
    let told = |operators: (u32, u32)| {
        let (mut rates, mut nearest) = (Vec::new(), 0);
        for list in lists {
            let count = |operator| list.operators.iter().filter(|own| **own == operator).count() as u64;
            let (across, answers) = (count(operators.0) * count(operators.1), list.operators.len() as u64);
            let all = answers * answers.saturating_sub(1) / 2;
            if across > 0 && across < all {
                rates.push((1_000_000 * across).div_ceil(all));
                nearest += usize::from(list.pair == Some(operators));
            }
        }
        let chance = at_least(&rates, nearest).times(pairs as u64);
        let copied = Copied { operators, equal: nearest as u64, prompts: rates.len() as u64, chance };
        (2 * nearest >= rates.len() && nearest > 0 && chance.parts() <= COPIED_BELOW).then_some(copied)
    };
    candidates.into_iter().filter_map(told).collect()
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

    /// Who is nearest to whom on 30 prompts, of operators with so many answers each.
    fn nearest(answers: &[u32], pair: impl Fn(u32) -> (u32, u32)) -> Vec<Nearest> {
        (0..30).map(|prompt| Nearest { operators: answers.to_vec(), pair: Some(pair(prompt)) }).collect()
    }

    #[test]
    fn who_is_nearest_to_another_on_most_prompts_paraphrases() {
        // three operators with one answer each: any pair is the nearest in a third of cases
        let three = |n| {
            let others = [(0, 2), (1, 2)];
            nearest(&[0, 1, 2], move |prompt| if prompt < n { (0, 1) } else { others[prompt as usize % 2] })
        };
        assert_eq!(near_copies(&three(10)), []);
        let told = near_copies(&three(25));
        assert_eq!((told.len(), told[0].operators, told[0].equal, told[0].prompts), (1, (0, 1), 25, 30));
        // two with two each: four of six pairs are of both
        let two = |n| nearest(&[0, 0, 1, 1], move |prompt| if prompt < n { (0, 1) } else { (0, 0) });
        assert_eq!(near_copies(&two(22)), []);
        assert_eq!(near_copies(&two(30)).len(), 1);
        // two with one each: nothing to hold it against
        assert_eq!(near_copies(&nearest(&[0, 1], |_| (0, 1))), []);
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
