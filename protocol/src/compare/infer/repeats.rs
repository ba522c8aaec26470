//! Do an operator's repeats tell more than one answer would? Where a cache or an account gives one operator the same answer again
//! and again, its repeats are one observation.

use super::chance::Draws;
use std::collections::{BTreeMap, BTreeSet};

/// Deals that are drawn for one target at most, and at least.
const DEALS: [usize; 2] = [199, 9_999];
/// Answers that are dealt for one target, all deals together: the deals are as many as that allows.
const DEALT: usize = 2_000_000;

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
/// all of them, would its own be equal to each other as often? They collapse where no deal comes to as many equal pairs. With 9,999 deals
/// one honest operator of 10,000 does; the largest jobs have 199, so that dealing stays within the bound on costs. To collapse what need not
/// be costs power alone. So an honest "yes" collapses nothing, since it is as equal between
/// operators as within one, and what regions have in common or not plays no part.
pub fn collapsed(lists: &[Vec<Given>], draws: &mut Draws) -> BTreeSet<u32> {
    let operators: BTreeSet<u32> = lists.iter().flatten().map(|given| given.operator).collect();
    let numbers: BTreeMap<u32, usize> = operators.iter().copied().zip(0..).collect();
    let mut dealt: Vec<List> = lists.iter().filter_map(|list| List::of(list, &numbers)).collect();
    let observed = equal_pairs(&dealt, operators.len());
    // without an equal pair there is nothing that a deal could have less of
    let mut telling: Vec<bool> = observed.iter().map(|pairs| *pairs > 0).collect();
    let answers: usize = dealt.iter().map(|list| list.texts.len()).sum();
    let deals = (DEALT / answers.max(1)).clamp(DEALS[0], DEALS[1]);
    for _ in 0..deals {
        if !telling.contains(&true) {
            break;
        }
        dealt.iter_mut().for_each(|list| list.deal(draws));
        let pairs = equal_pairs(&dealt, operators.len());
        for ((telling, pairs), observed) in telling.iter_mut().zip(&pairs).zip(&observed) {
            *telling &= pairs < observed;
        }
    }
    operators.into_iter().zip(telling).filter(|(_, telling)| *telling).map(|(operator, _)| operator).collect()
}

/// The answers of a list of which two are equal.
struct List {
    /// Whose each answer is, from 0.
    owners: Vec<usize>,
    /// Which text it is, from 0.
    texts: Vec<usize>,
    /// How many texts there are.
    distinct: usize,
}

impl List {
    /// None where no two answers are equal: however they are dealt, none are.
    fn of(list: &[Given], numbers: &BTreeMap<u32, usize>) -> Option<Self> {
        let distinct: BTreeSet<u32> = list.iter().map(|given| given.text).collect();
        let texts: BTreeMap<u32, usize> = distinct.iter().copied().zip(0..).collect();
        let number = |of: &BTreeMap<u32, usize>, what: u32| of.get(&what).copied().unwrap_or(0);
        (distinct.len() < list.len()).then(|| Self {
            owners: list.iter().map(|given| number(numbers, given.operator)).collect(),
            texts: list.iter().map(|given| number(&texts, given.text)).collect(),
            distinct: distinct.len(),
        })
    }

    /// Deals the texts out anew.
    fn deal(&mut self, draws: &mut Draws) {
        for last in (1..self.texts.len()).rev() {
            self.texts.swap(last, draws.below(last as u64 + 1) as usize);
        }
    }
}

/// Pairs of equal answers of each operator, over all lists.
fn equal_pairs(lists: &[List], operators: usize) -> Vec<u64> {
    let mut pairs = vec![0; operators];
    let mut counts: Vec<u64> = Vec::new();
    for list in lists {
        counts.clear();
        counts.resize(operators * list.distinct, 0);
        for (owner, text) in list.owners.iter().zip(&list.texts) {
            // each equal one before it makes a pair
            if let (Some(count), Some(pairs)) =
                (counts.get_mut(owner * list.distinct + text), pairs.get_mut(*owner))
            {
                *pairs += *count;
                *count += 1;
            }
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
