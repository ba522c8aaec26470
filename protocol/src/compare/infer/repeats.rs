//! Do an operator's repeats tell more than one answer would? Where a cache or an account gives one operator the same answer again
//! and again, its repeats are one observation.

use super::chance::{Chance, Draws};
use std::collections::{BTreeMap, BTreeSet};

/// Deals that are drawn for one target. With 199 the smallest chance is half a percent.
const DEALS: usize = 199;
/// From this chance on repeats count one by one, parts per 10^12. To collapse what need not be costs power alone.
const COLLAPSED_BELOW: u64 = 50_000_000_000;

/// One answer: who gave it, and which text it is. Equal texts have equal numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given {
    /// Operator.
    pub operator: u32,
    /// Text.
    pub text: u32,
}

/// Operators of one target whose repeats count as one answer each. A list holds the answers to one prompt in one region.
///
/// An operator's answers to a prompt in a region are held against those of the other operators there: dealt out anew among
/// all of them, would its own be equal to each other as often? So an honest "yes" collapses nothing, since it is as equal between
/// operators as within one, and what regions have in common or not plays no part.
pub fn collapsed(lists: &[Vec<Given>], draws: &mut Draws) -> BTreeSet<u32> {
    let observed = equal_pairs(lists);
    let mut as_many: BTreeMap<u32, u128> = observed.keys().map(|operator| (*operator, 1)).collect();
    let mut dealt = lists.to_vec();
    for _ in 0..DEALS {
        dealt.iter_mut().for_each(|list| deal(list, draws));
        let pairs = equal_pairs(&dealt);
        for (operator, count) in &mut as_many {
            if pairs.get(operator) >= observed.get(operator) {
                *count += 1;
            }
        }
    }
    let chance = |count: u128| Chance::of(count, DEALS as u128 + 1);
    let rare = as_many.into_iter().filter(|(_, count)| chance(*count).parts() <= COLLAPSED_BELOW);
    rare.map(|(operator, _)| operator).collect()
}

/// Deals the texts of a list out anew.
fn deal(list: &mut [Given], draws: &mut Draws) {
    for last in (1..list.len()).rev() {
        let picked = draws.below(last as u64 + 1) as usize;
        let (Some(one), Some(other)) = (list.get(last).copied(), list.get(picked).copied()) else { continue };
        if let Some(given) = list.get_mut(last) {
            given.text = other.text;
        }
        if let Some(given) = list.get_mut(picked) {
            given.text = one.text;
        }
    }
}

/// Pairs of equal answers of each operator, over all lists.
fn equal_pairs(lists: &[Vec<Given>]) -> BTreeMap<u32, u64> {
    let mut pairs = BTreeMap::new();
    for list in lists {
        let mut counts: BTreeMap<(u32, u32), u64> = BTreeMap::new();
        list.iter().for_each(|given| *counts.entry((given.operator, given.text)).or_default() += 1);
        for ((operator, _), count) in counts {
            *pairs.entry(operator).or_default() += count * (count - 1) / 2;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{JobId, NetId};

    fn draws() -> Draws {
        Draws::new(&NetId([0; 32]), &JobId([3; 32]), 7)
    }

    /// Four answers each by two operators, prompt after prompt, by a function of operator, repeat and prompt.
    fn lists(prompts: u32, text: impl Fn(u32, u32, u32) -> u32) -> Vec<Vec<Given>> {
        let given = |prompt, at: u32| Given { operator: at / 4, text: text(at / 4, at % 4, prompt) };
        (0..prompts).map(|prompt| (0..8).map(|at| given(prompt, at)).collect()).collect()
    }

    #[test]
    fn a_cache_collapses_and_varied_answers_do_not() {
        let cached = lists(3, |operator, repeat, prompt| if operator == 0 { 1000 + prompt } else { repeat });
        assert_eq!(collapsed(&cached, &mut draws()), BTreeSet::from([0]));
        let varied = lists(3, |operator, repeat, _| operator * 4 + repeat);
        assert_eq!(collapsed(&varied, &mut draws()), BTreeSet::new());
    }

    #[test]
    fn an_honest_yes_collapses_nothing() {
        let yes = lists(10, |_, _, _| 1);
        assert_eq!(collapsed(&yes, &mut draws()), BTreeSet::new());
        let mostly = lists(10, |operator, repeat, prompt| u32::from((operator + repeat + prompt) % 5 == 0));
        assert_eq!(collapsed(&mostly, &mut draws()), BTreeSet::new());
    }

    #[test]
    fn few_answers_tell_nothing() {
        assert_eq!(collapsed(&[vec![Given { operator: 0, text: 1 }; 2]], &mut draws()), BTreeSet::new());
        assert_eq!(collapsed(&[], &mut draws()), BTreeSet::new());
    }
}
