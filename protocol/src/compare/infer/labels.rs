//! Labels exchanged: the ways in which answers could have fallen to the two sides where regions do not matter. For what has no
//! sign: ways in which only the names of the sides differ, of a prompt or of all, are one.

use super::chance::Draws;
use super::strata::choose;
use serde::{Deserialize, Serialize};

/// Most answers of one prompt, both sides together.
pub const ANSWERS_MAX: u32 = 32;
/// Most labellings that are drawn.
pub const DRAWN_MAX: u32 = 19_999;
/// Fewest that are drawn: with fewer a chance would not be worth saying.
pub const DRAWN_MIN: u32 = 1_999;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
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
    prompts: Vec<Vec<Block>>,
    exchange: Exchange,
    /// In how many positions each thing that turns by itself can stand, in the order of prompts and blocks.
    wheels: Vec<u64>,
    /// Where whole operators move: their positions in each labelling.
    turns: Vec<Vec<u64>>,
    draws: Draws,
    count: u32,
    /// Whether these are all there are.
    pub complete: bool,
}

/// How one prompt's answers fall to the first side.
#[derive(Debug, Default)]
pub struct OfPrompt {
    /// The answers of the first side, in each way that comes up: where all ways of the prompt are fewer than labellings, all.
    pub ways: Vec<u32>,
    /// Which way it is in each labelling.
    pub of: Vec<u32>,
}

impl Labels {
    /// The labellings of some prompts: all, if they are not more than the observed one and `drawn` more; else that and so many drawn.
    /// None where blocks do not fit what is exchanged.
    pub fn new(prompts: &[Vec<Block>], exchange: Exchange, drawn: u32, draws: &Draws) -> Option<Self> {
        if !prompts.iter().flatten().all(|block| fits(block, exchange)) {
            return None;
        }
        let wheels = wheels(prompts, exchange)?;
        let most = drawn.saturating_add(1);
        let all = ways(&wheels, most);
        let count = all.unwrap_or(most);
        let turns = match exchange {
            Exchange::Flips | Exchange::Splits => Vec::new(),
            Exchange::OperatorFlips | Exchange::OperatorSplits => {
                positions(&wheels, count, all.is_some(), &mut draws.branch(u64::MAX))
            }
        };
        Some(Self {
            prompts: prompts.to_vec(),
            exchange,
            wheels,
            turns,
            draws: draws.branch(0),
            count,
            complete: all.is_some(),
        })
    }

    /// How a prompt's answers fall.
    pub fn of_prompt(&self, prompt: usize) -> Option<OfPrompt> {
        let blocks = self.prompts.get(prompt)?;
        if !self.turns.is_empty() {
            return self.of_operators(blocks);
        }
        let from: usize = self.prompts.iter().take(prompt).map(Vec::len).sum();
        let sizes = self.wheels.get(from..from + blocks.len())?;
        let stride = self.wheels.iter().take(from).fold(1_u64, |all, size| all.saturating_mul(*size));
        let mut draws = self.draws.branch(prompt as u64);
        let arranged: Vec<Vec<u32>> = blocks.iter().map(arranged_answers).collect();
        let mask = |positions: &mut dyn FnMut(u64) -> u64| {
            let of_block = |((block, answers), size): ((&Block, &Vec<u32>), &u64)| match self.exchange {
                Exchange::Splits => deal(block, answers, positions(*size)),
                _ => side(block, positions(*size) == 1),
            };
            blocks.iter().zip(&arranged).zip(sizes).map(of_block).fold(0, |mask, block| mask | block)
        };
        let Some(few) = ways(sizes, self.count) else {
            let drawn = (1..self.count).map(|_| mask(&mut |size| draws.below(size)));
            let ways = core::iter::once(mask(&mut |_| 0)).chain(drawn).collect();
            return Some(OfPrompt { ways, of: (0..self.count).collect() });
        };
        let way = |number: u32| {
            let mut left = u64::from(number);
            mask(&mut |size| turn(&mut left, size))
        };
        let mut of = |labelling: u32| match (self.complete, labelling) {
            (true, _) => (u64::from(labelling) / stride % u64::from(few)) as u32,
            (false, 0) => 0,
            (false, _) => draws.below(few.into()) as u32,
        };
        Some(OfPrompt { ways: (0..few).map(way).collect(), of: (0..self.count).map(&mut of).collect() })
    }

    /// The same where operators turn with all their blocks.
    fn of_operators(&self, blocks: &[Block]) -> Option<OfPrompt> {
        let firsts = operators(&self.prompts, |block| block.first);
        let all = operators(&self.prompts, |block| block.first | block.second);
        let arranged = arranged(&firsts, &all);
        let mut found = OfPrompt { ways: Vec::new(), of: (0..self.count).collect() };
        for turn in &self.turns {
            let chosen = match self.exchange {
                Exchange::OperatorSplits => {
                    spread(nth(all.len() as u32, firsts.len() as u32, *turn.first()?), &arranged)
                }
                _ => 0,
            };
            let mask = blocks.iter().map(|block| match self.exchange {
                Exchange::OperatorSplits if chosen >> block.operator & 1 == 1 => block.first | block.second,
                Exchange::OperatorSplits => 0,
                _ => {
                    let at = all.iter().position(|operator| *operator == block.operator);
                    side(block, at.and_then(|at| turn.get(at)) == Some(&1))
                }
            });
            found.ways.push(mask.fold(0, |mask, block| mask | block));
        }
        Some(found)
    }

    /// How many labellings there are, the observed one included.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// In how many ways wheels can stand; none if they are more than `most`.
fn ways(wheels: &[u64], most: u32) -> Option<u32> {
    let all = wheels
        .iter()
        .try_fold(1_u64, |all, size| all.checked_mul(*size).filter(|all| *all <= u64::from(most)));
    all.and_then(|all| u32::try_from(all).ok())
}

/// The positions of all wheels in each labelling: where all are looked at, as their numbers say; else the observed ones and then
/// drawn ones.
fn positions(wheels: &[u64], count: u32, complete: bool, draws: &mut Draws) -> Vec<Vec<u64>> {
    let at = |number: u32| {
        if complete {
            let mut left = u64::from(number);
            return wheels.iter().map(|size| turn(&mut left, *size)).collect();
        }
        if number == 0 {
            vec![0; wheels.len()]
        } else {
            wheels.iter().map(|size| draws.below(*size)).collect()
        }
    };
    (0..count).map(at).collect()
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
        Exchange::Splits => prompts.iter().flat_map(|blocks| splits(blocks)).collect(),
        Exchange::OperatorFlips => two_but_first(all as usize).collect(),
        // an operator on both sides is none that could stand on the other
        Exchange::OperatorSplits if firsts.iter().any(|operator| seconds.contains(operator)) => return None,
        Exchange::OperatorSplits => vec![choose(all, firsts.len() as u32)],
    })
}

/// In how many ways the blocks of a prompt can be dealt. Where all have as many answers on both sides, the first answer of the first
/// block keeps its side: to turn all about is the same.
fn splits(blocks: &[Block]) -> Vec<u64> {
    let even = blocks.iter().all(|block| block.first.count_ones() == block.second.count_ones());
    let size = |(at, block): (usize, &Block)| {
        let (all, first) = ((block.first | block.second).count_ones(), block.first.count_ones());
        // deals with the first answer on its side come first
        if at == 0 && even && first > 0 { choose(all - 1, first - 1) } else { choose(all, first) }
    };
    blocks.iter().enumerate().map(size).collect()
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

/// The position of the next wheel, of what is left of a labelling's number.
fn turn(left: &mut u64, size: u64) -> u64 {
    let position = *left % size.max(1);
    *left /= size.max(1);
    position
}

fn side(block: &Block, flipped: bool) -> u32 {
    if flipped { block.second } else { block.first }
}

/// The answers of a block, those of the first side before the others.
fn arranged_answers(block: &Block) -> Vec<u32> {
    let bits = |mask: u32| (0..32).filter(move |bit| mask >> bit & 1 == 1);
    bits(block.first).chain(bits(block.second)).collect()
}

/// Which answers of a block the first side has in the deal of this number; in deal 0 its own.
fn deal(block: &Block, answers: &[u32], number: u64) -> u32 {
    let picked = nth(answers.len() as u32, block.first.count_ones(), number);
    u32::try_from(spread(picked, answers)).unwrap_or(0)
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

    fn mask(labels: &Labels, prompt: usize, labelling: usize) -> u32 {
        let of_prompt = labels.of_prompt(prompt).unwrap();
        of_prompt.ways[of_prompt.of[labelling] as usize]
    }

    fn all(prompts: &[Vec<Block>], exchange: Exchange) -> BTreeSet<Vec<u32>> {
        let labels = Labels::new(prompts, exchange, 99, &draws()).unwrap();
        assert!(labels.complete);
        let firsts = |block: &Vec<Block>| block.iter().fold(0, |mask, block| mask | block.first);
        let observed: Vec<u32> = prompts.iter().map(firsts).collect();
        let at = |n: usize| (0..prompts.len()).map(|prompt| mask(&labels, prompt, n)).collect::<Vec<_>>();
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
        // one answer keeps its side where both have as many
        let one = all(&[vec![block(0, 0b0110, 0b1001)]], Exchange::Splits);
        assert_eq!(one, BTreeSet::from([vec![0b0110], vec![0b0011], vec![0b1010]]));
        assert_eq!(all(&[vec![block(0, 0b0110, 0b1)]], Exchange::Splits).len(), 3);
        assert!(one.iter().all(|masks| masks[0].count_ones() == 2));
        assert_eq!(all(&[vec![block(0, 1, 2), block(1, 12, 16)]], Exchange::Splits).len(), 6);
    }

    #[test]
    fn operators_change_sides_with_all_their_answers() {
        let prompts = [vec![block(3, 3, 0), block(7, 0, 12)], vec![block(3, 1, 0), block(9, 0, 2)]];
        let ways = all(&prompts, Exchange::OperatorSplits);
        assert_eq!(ways, BTreeSet::from([vec![3, 1], vec![12, 0], vec![0, 2]]));
        let both = [vec![block(3, 3, 0), block(3, 0, 12)]];
        assert!(Labels::new(&both, Exchange::OperatorSplits, 5, &draws()).is_none());
    }

    #[test]
    fn too_many_are_drawn() {
        let prompts: Vec<Vec<Block>> = (0..30).map(|_| vec![block(0, 0xff, 0xff00)]).collect();
        let labels = Labels::new(&prompts, Exchange::Splits, 1999, &draws()).unwrap();
        assert_eq!((labels.complete, labels.len()), (false, 2000));
        assert_eq!(mask(&labels, 29, 0), 0xff);
        let of = |prompt| (0..2000).map(|n| mask(&labels, prompt, n)).collect::<Vec<_>>();
        assert!(of(3).iter().all(|mask| mask.count_ones() == 8));
        assert_ne!(of(3)[1..], of(4)[1..]);
        assert!(of(0).into_iter().collect::<BTreeSet<u32>>().len() > 1600);
        // where a prompt has fewer ways than there are labellings, each way is there once
        let few: Vec<Vec<Block>> = (0..30).map(|_| vec![block(0, 3, 12), block(1, 16, 32)]).collect();
        let labels = Labels::new(&few, Exchange::Splits, 1999, &draws()).unwrap();
        assert_eq!((labels.len(), labels.of_prompt(7).unwrap().ways.len()), (2000, 6));
        assert_eq!(mask(&labels, 7, 0), 0b01_0011);
    }

    #[test]
    fn unequal_blocks_cannot_be_flipped() {
        for exchange in [Exchange::Flips, Exchange::OperatorFlips] {
            assert!(Labels::new(&[vec![block(0, 1, 6)]], exchange, 5, &draws()).is_none());
        }
        assert!(Labels::new(&[vec![block(0, 1, 1)]], Exchange::Splits, 5, &draws()).is_none());
    }
}
