//! Labels exchanged: the ways in which answers could have fallen to the two sides where regions do not matter. For what has no
//! sign: ways in which only the names of the sides differ, of a prompt or of all, are one.

use super::chance::Draws;
use super::strata::choose;

/// Most answers of one prompt, both sides together.
pub const ANSWERS_MAX: u32 = 32;
/// Most labellings that are looked at one by one; beyond it they are drawn.
pub const LABELLINGS_MAX: u64 = 19_999;

/// Answers of one prompt whose labels are exchanged together or among themselves, as sets of bits: a bit for each answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Whose answers they are, by a number below 64; blocks of one operator move together where whole operators do.
    pub operator: u32,
    /// Those of the first side.
    pub first: u32,
    /// Those of the second side.
    pub second: u32,
}

/// What is exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchange {
    /// The sides of each block, each by itself. Blocks have as many answers on both sides.
    Flips,
    /// The answers of each block are dealt out anew.
    Splits,
    /// The sides of all blocks of an operator together. Blocks have as many answers on both sides.
    OperatorFlips,
    /// Operators: each stands on one side with all its blocks, and as many as before on each.
    OperatorSplits,
}

/// All labellings, or so many that were drawn. The first is the one that was observed.
#[derive(Debug)]
pub struct Labels {
    /// For each prompt and labelling, in this order, the answers of the first side.
    masks: Vec<Vec<u32>>,
    /// Whether these are all there are.
    pub complete: bool,
}

impl Labels {
    /// The labellings of some prompts: all where they are [`LABELLINGS_MAX`] at most, else the observed one and `drawn` more.
    /// None where blocks do not fit what is exchanged.
    pub fn new(prompts: &[Vec<Block>], exchange: Exchange, drawn: u32, draws: &mut Draws) -> Option<Self> {
        if !prompts.iter().flatten().all(|block| fits(block, exchange)) {
            return None;
        }
        let wheels = wheels(prompts, exchange)?;
        let all = wheels
            .iter()
            .try_fold(1_u64, |all, size| all.checked_mul(*size).filter(|all| *all <= LABELLINGS_MAX));
        let turns: Vec<Vec<u64>> = match all {
            Some(all) => (0..all).map(|at| turned(at, &wheels)).collect(),
            None => {
                let observed = core::iter::once(vec![0; wheels.len()]);
                observed
                    .chain((0..drawn).map(|_| wheels.iter().map(|size| draws.wide_below(*size)).collect()))
                    .collect()
            }
        };
        let mut masks: Vec<Vec<u32>> = prompts.iter().map(|_| Vec::with_capacity(turns.len())).collect();
        let firsts = operators(prompts, |block| block.first);
        let all_operators = operators(prompts, |block| block.first | block.second);
        for turn in &turns {
            let chosen = match exchange {
                Exchange::OperatorSplits => spread(
                    nth(all_operators.len() as u32, firsts.len() as u32, *turn.first()?),
                    &arranged(&firsts, &all_operators),
                ),
                _ => 0,
            };
            let mut wheel = turn.iter().copied();
            for (masks, blocks) in masks.iter_mut().zip(prompts) {
                let mask = blocks.iter().map(|block| match exchange {
                    Exchange::Flips => side(block, wheel.next() == Some(1)),
                    Exchange::Splits => deal(block, wheel.next().unwrap_or(0)),
                    Exchange::OperatorFlips => {
                        let at = all_operators.iter().position(|operator| *operator == block.operator);
                        side(block, at.and_then(|at| turn.get(at)) == Some(&1))
                    }
                    Exchange::OperatorSplits if chosen >> block.operator & 1 == 1 => {
                        block.first | block.second
                    }
                    Exchange::OperatorSplits => 0,
                });
                masks.push(mask.fold(0, |mask, block| mask | block));
            }
        }
        Some(Self { masks, complete: all.is_some() })
    }

    /// The answers of a prompt's first side, labelling by labelling.
    pub fn of_prompt(&self, prompt: usize) -> &[u32] {
        self.masks.get(prompt).map_or(&[], Vec::as_slice)
    }

    /// How many labellings there are, the observed one included.
    pub fn len(&self) -> usize {
        self.masks.first().map_or(0, Vec::len)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn fits(block: &Block, exchange: Exchange) -> bool {
    let (first, second) = (block.first.count_ones(), block.second.count_ones());
    block.first & block.second == 0
        && block.operator < 64
        && match exchange {
            Exchange::Flips | Exchange::OperatorFlips => first == second,
            Exchange::Splits => true,
            Exchange::OperatorSplits => first == 0 || second == 0,
        }
}

/// In how many positions each of the things that turn by itself can stand; position 0 is what was observed.
fn wheels(prompts: &[Vec<Block>], exchange: Exchange) -> Option<Vec<u64>> {
    let all = operators(prompts, |block| block.first | block.second).len() as u32;
    let firsts = operators(prompts, |block| block.first);
    let seconds = operators(prompts, |block| block.second);
    // the first keeps its sides: to turn all about is the same
    let two_but_first = |count: usize| (0..count).map(|at| if at == 0 { 1 } else { 2 });
    Some(match exchange {
        Exchange::Flips => prompts.iter().flat_map(|blocks| two_but_first(blocks.len())).collect(),
        Exchange::Splits => prompts
            .iter()
            .flatten()
            .map(|block| choose((block.first | block.second).count_ones(), block.first.count_ones()))
            .collect(),
        Exchange::OperatorFlips => two_but_first(all as usize).collect(),
        // an operator on both sides is none that could stand on the other
        Exchange::OperatorSplits if firsts.iter().any(|operator| seconds.contains(operator)) => return None,
        Exchange::OperatorSplits => vec![choose(all, firsts.len() as u32)],
    })
}

/// Operators with an answer in what `of` takes of a block, in order.
fn operators(prompts: &[Vec<Block>], of: impl Fn(&Block) -> u32) -> Vec<u32> {
    let mut found: Vec<u32> =
        prompts.iter().flatten().filter(|block| of(block) != 0).map(|block| block.operator).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Those of the first side, then the others.
fn arranged(firsts: &[u32], all: &[u32]) -> Vec<u32> {
    let others = all.iter().filter(|operator| !firsts.contains(operator));
    firsts.iter().chain(others).copied().collect()
}

/// The positions of all wheels in the labelling of this number.
fn turned(mut at: u64, wheels: &[u64]) -> Vec<u64> {
    let turn = |size: &u64| {
        let position = at % size;
        at /= size;
        position
    };
    wheels.iter().map(turn).collect()
}

fn side(block: &Block, flipped: bool) -> u32 {
    if flipped { block.second } else { block.first }
}

/// Which answers of a block the first side has in the deal of this number; in deal 0 its own.
fn deal(block: &Block, number: u64) -> u32 {
    let bits = |mask: u32| (0..32).filter(move |bit| mask >> bit & 1 == 1);
    let arranged: Vec<u32> = bits(block.first).chain(bits(block.second)).collect();
    let picked = nth(arranged.len() as u32, block.first.count_ones(), number);
    u32::try_from(spread(picked, &arranged)).unwrap_or(0)
}

/// The subset of `k` of `n` of this number, in an order in which number 0 is the first `k`.
fn nth(n: u32, k: u32, mut number: u64) -> u64 {
    let (mut subset, mut left) = (0, k);
    for at in 0..n {
        if left == 0 {
            break;
        }
        let with = choose(n - at - 1, left - 1);
        if number < with {
            subset |= 1 << at;
            left -= 1;
        } else {
            number -= with;
        }
    }
    subset
}

/// The bits that the members of a subset stand for.
fn spread(subset: u64, members: &[u32]) -> u64 {
    let picked = members.iter().enumerate().filter(|(at, _)| subset >> at & 1 == 1);
    picked.fold(0, |mask, (_, member)| mask | 1 << member)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{JobId, NetId};
    use std::collections::BTreeSet;

    fn draws() -> Draws {
        Draws::new(&NetId([0; 32]), &JobId([1; 32]), 0)
    }

    fn block(operator: u32, first: u32, second: u32) -> Block {
        Block { operator, first, second }
    }

    fn all(prompts: &[Vec<Block>], exchange: Exchange) -> BTreeSet<Vec<u32>> {
        let labels = Labels::new(prompts, exchange, 5, &mut draws()).unwrap();
        assert!(labels.complete);
        let firsts = |block: &Vec<Block>| block.iter().fold(0, |mask, block| mask | block.first);
        let observed: Vec<u32> = prompts.iter().map(firsts).collect();
        let at = |n: usize| (0..prompts.len()).map(|prompt| labels.of_prompt(prompt)[n]).collect::<Vec<_>>();
        assert_eq!(at(0), observed, "the observed one comes first");
        let set: BTreeSet<Vec<u32>> = (0..labels.len()).map(at).collect();
        assert_eq!(set.len(), labels.len(), "each once");
        set
    }

    #[test]
    fn flips_turn_each_block_and_operators_all_of_theirs() {
        let prompts = [vec![block(0, 1, 2), block(1, 4, 8)], vec![block(0, 1, 2)]];
        // the first of a prompt, or of the operators, stays: all turned about is the same
        assert_eq!(all(&prompts, Exchange::Flips), BTreeSet::from([vec![5, 1], vec![9, 1]]));
        let of_operators = all(&prompts, Exchange::OperatorFlips);
        assert_eq!(of_operators, BTreeSet::from([vec![5, 1], vec![9, 1]]));
        let third = [prompts[0].clone(), vec![block(0, 1, 2), block(1, 4, 8), block(2, 16, 32)]];
        assert_eq!(all(&third, Exchange::Flips).len(), 8);
        assert_eq!(all(&third, Exchange::OperatorFlips).len(), 4);
    }

    #[test]
    fn splits_deal_a_block_anew() {
        let one = all(&[vec![block(0, 0b0110, 0b1001)]], Exchange::Splits);
        assert_eq!(one.len(), 6);
        assert!(one.iter().all(|masks| masks[0].count_ones() == 2));
        assert_eq!(all(&[vec![block(0, 1, 2), block(1, 12, 16)]], Exchange::Splits).len(), 6);
    }

    #[test]
    fn operators_change_sides_with_all_their_answers() {
        let prompts = [vec![block(3, 3, 0), block(7, 0, 12)], vec![block(3, 1, 0), block(9, 0, 2)]];
        let ways = all(&prompts, Exchange::OperatorSplits);
        assert_eq!(ways, BTreeSet::from([vec![3, 1], vec![12, 0], vec![0, 2]]));
        let both = [vec![block(3, 3, 0), block(3, 0, 12)]];
        assert!(Labels::new(&both, Exchange::OperatorSplits, 5, &mut draws()).is_none());
    }

    #[test]
    fn too_many_are_drawn() {
        let prompts: Vec<Vec<Block>> = (0..30).map(|_| vec![block(0, 0xff, 0xff00)]).collect();
        let labels = Labels::new(&prompts, Exchange::Splits, 1999, &mut draws()).unwrap();
        assert_eq!((labels.complete, labels.len()), (false, 2000));
        assert_eq!(labels.of_prompt(29)[0], 0xff);
        assert!(labels.of_prompt(3).iter().all(|mask| mask.count_ones() == 8));
        assert_ne!(labels.of_prompt(3)[1..], labels.of_prompt(4)[1..]);
        let often: BTreeSet<u32> = labels.of_prompt(0).iter().copied().collect();
        assert!(often.len() > 1700, "{}", often.len());
    }

    #[test]
    fn unequal_blocks_cannot_be_flipped() {
        for exchange in [Exchange::Flips, Exchange::OperatorFlips] {
            assert!(Labels::new(&[vec![block(0, 1, 6)]], exchange, 5, &mut draws()).is_none());
        }
        assert!(Labels::new(&[vec![block(0, 1, 1)]], Exchange::Splits, 5, &mut draws()).is_none());
    }
}
