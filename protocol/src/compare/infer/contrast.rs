//! One contrast, from the answers of two regions to what may be said of it.

use super::bounds::half_width_ppm;
use super::chance::{Chance, Draws};
use super::flips::flip_chance;
use super::labels::{ANSWERS_MAX, Block, DRAWN_MAX, Exchange, Labels};
use super::strata::{Stratum, choose, strata_chance};
use super::text::{Texts, text_chance};
use crate::study::Scope;
use std::collections::BTreeSet;

/// Operators that a side needs before anything is said of these executors: with one, nobody tells its noise from the region.
const OPERATORS_MIN: usize = 2;

/// One answer of a contrast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// Operator, by a number below 64.
    pub operator: u32,
    /// Whether it came from the second region.
    pub second: bool,
    /// Whether it counts as a yes, where a rate is asked for.
    pub yes: bool,
}

/// The answers of both regions to one prompt, at most 32.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// In canonical order.
    pub answers: Vec<Answered>,
    /// The same answers as texts, where those are asked for.
    pub texts: Option<Texts>,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Rates,
    Texts,
}

/// What a family of contrasts has in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// Contrasts in it.
    pub tests: u64,
    /// The error rate that is allowed for all of them together.
    pub alpha: Chance,
}

/// What was found for one contrast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The two-sided chance of as large a difference where nothing differs; none where nobody could tell.
    pub chance: Option<Chance>,
    /// Of all labellings, or of drawn ones.
    pub exact: bool,
    /// Labellings that texts were compared with; none where all are counted at once.
    pub labellings: Option<u64>,
    /// What was exchanged; none where nothing could be.
    pub exchange: Option<Exchange>,
    /// The rates of yes on both sides, parts per million, rounded down.
    pub rates_ppm: Option<[u32; 2]>,
    /// First side less second, parts per million: of rates; of texts their energy distance, which has no sign.
    pub effect_ppm: i64,
    /// How far the effect may be off, simultaneously for the whole family, parts per million.
    pub half_width_ppm: u64,
    /// Answers compared on each side.
    pub answers: [u64; 2],
    /// Operators on each side.
    pub operators: [usize; 2],
    /// Operators that stand on both.
    pub crossed: usize,
    /// Where operators are too few: how many a side, or on both sides where they are crossed, it takes.
    pub operators_needed: Option<usize>,
}

impl Family {
    /// The chance that the first of Holm's steps asks for.
    fn first_step(&self) -> Chance {
        Chance::of(self.alpha.parts().into(), u128::from(self.tests.max(1)) * u128::from(Chance::ONE.parts()))
    }

    /// Whether so many equally likely ways can reach the first step, two of them being as far out as it gets.
    fn reached_by(&self, ways: u128) -> bool {
        Chance::of(2, ways.max(1)) <= self.first_step()
    }

    /// Operators on both sides that it takes.
    fn crossed_needed(&self) -> usize {
        (1..64).find(|k| self.reached_by(1 << k)).unwrap_or(64)
    }

    /// Operators a side that it takes, where none stands on both.
    fn nested_needed(&self) -> usize {
        (1..=32_u32).find(|k| self.reached_by(choose(2 * k, *k).into())).map_or(64, |k| k as usize)
    }
}

/// Whether rates of yes differ between two regions.
pub fn rates(prompts: &[Asked], scope: Scope, family: &Family, draws: &Draws) -> Found {
    let design = Design::of(prompts, scope, Measure::Rates, family);
    let mut found = design.found();
    let Some(exchange) = design.exchange else { return found };
    let blocks = || {
        design
            .prompts
            .iter()
            .zip(prompts)
            .flat_map(|(blocks, asked)| blocks.iter().map(move |block| (block, asked)))
    };
    let yes = |asked: &Asked, mask: u32| {
        let within = asked.answers.iter().take(ANSWERS_MAX as usize).enumerate();
        within.filter(|(at, answer)| mask >> at & 1 == 1 && answer.yes).count() as u32
    };
    let difference = |(block, asked): (&Block, &Asked)| {
        i64::from(yes(asked, block.first)) - i64::from(yes(asked, block.second))
    };
    let counted = match exchange {
        Exchange::Flips => flip_chance(&blocks().map(difference).collect::<Vec<_>>()),
        Exchange::Splits => {
            let stratum = |(block, asked): (&Block, &Asked)| Stratum {
                answers: [block.first.count_ones(), block.second.count_ones()],
                yes: [yes(asked, block.first), yes(asked, block.second)],
            };
            strata_chance(&blocks().map(stratum).collect::<Vec<_>>())
        }
        Exchange::OperatorFlips => {
            let of = |operator: &u32| {
                blocks().filter(|(block, _)| block.operator == *operator).map(difference).sum()
            };
            flip_chance(&design.operators().iter().map(of).collect::<Vec<i64>>())
        }
        Exchange::OperatorSplits => {
            let rate = |operator: &u32| {
                let own = || blocks().filter(|(block, _)| block.operator == *operator);
                let all: u32 = own().map(|(block, _)| (block.first | block.second).count_ones()).sum();
                let yes: u32 = own().map(|(block, asked)| yes(asked, block.first | block.second)).sum();
                (i64::from(yes) << 32).checked_div(all.into()).unwrap_or(0)
            };
            let sides = design.sides.each_ref().map(|side| side.iter().map(rate).collect::<Vec<_>>());
            if let Some(drawn) = exchanged_drawn(&sides, draws) {
                (found.chance, found.labellings) = (Some(drawn), Some(u64::from(DRAWN_MAX) + 1));
                None
            } else {
                exchanged(&sides)
            }
        }
    };
    let totals = blocks().fold([[0_u32; 2]; 2], |[[n, a], [m, b]], (block, asked)| {
        [
            [n + block.first.count_ones(), a + yes(asked, block.first)],
            [m + block.second.count_ones(), b + yes(asked, block.second)],
        ]
    });
    let rates =
        totals.map(|[all, yes]| (u64::from(yes) * 1_000_000).checked_div(all.into()).unwrap_or(0) as u32);
    found.effect_ppm = i64::from(rates[0]) - i64::from(rates[1]);
    found.rates_ppm = Some(rates);
    found.exact = counted.is_some();
    found.chance = counted.or(found.chance);
    found
}

/// Whether texts differ between two regions.
pub fn texts(prompts: &[Asked], scope: Scope, family: &Family, drawn: u32, draws: &Draws) -> Found {
    let design = Design::of(prompts, scope, Measure::Texts, family);
    let mut found = design.found();
    let Some(exchange) = design.exchange else { return found };
    let compared: Option<Vec<Texts>> = prompts
        .iter()
        .zip(&design.prompts)
        .map(|(asked, blocks)| Some(asked.texts.as_ref()?.only(covered(blocks))))
        .collect();
    let Some(compared) = compared else { return found };
    let blocks: Vec<Vec<Block>> = design.prompts.iter().map(|blocks| packed(blocks)).collect();
    let Some(labels) = Labels::new(&blocks, exchange, drawn, draws) else { return found };
    let Some(told) = text_chance(&compared, &labels) else { return found };
    found.chance = Some(told.chance);
    found.exact = labels.complete;
    found.labellings = Some(labels.len() as u64);
    found.effect_ppm = told.energy_ppm;
    found.half_width_ppm = half_width_ppm(2_000_000, design.prompts.len() as u64, family.first_step());
    found
}

/// Most operators of both sides whose exchanges are counted one by one.
const COUNTED_OPERATORS_MAX: usize = 20;

/// The same by drawn exchanges, where there are too many operators to count all.
fn exchanged_drawn(sides: &[Vec<i64>; 2], draws: &Draws) -> Option<Chance> {
    let (m, n) = (sides[0].len(), sides[1].len());
    if m + n <= COUNTED_OPERATORS_MAX || m + n > 64 {
        return None;
    }
    let apart = apart(sides);
    let observed = apart(u64::MAX >> (64 - m));
    let mut draws = draws.branch(u64::MAX - 1);
    let far = (0..DRAWN_MAX).filter(|_| {
        let mut order: Vec<u64> = (0..(m + n) as u64).collect();
        for at in 0..m {
            let picked = at + draws.below((m + n - at) as u64) as usize;
            order.swap(at, picked);
        }
        apart(order.iter().take(m).fold(0, |set, at| set | 1 << at)) >= observed
    });
    Some(Chance::of(far.count() as u128 + 1, u128::from(DRAWN_MAX) + 1))
}

/// How far apart the means of two sides are, times both sizes, for each set of operators on the first.
fn apart(sides: &[Vec<i64>; 2]) -> impl Fn(u64) -> i128 {
    let (m, n) = (sides[0].len() as i128, sides[1].len() as i128);
    let values: Vec<i128> = sides.iter().flatten().map(|value| i128::from(*value)).collect();
    let total: i128 = values.iter().sum();
    move |set| {
        let on_first: i128 =
            values.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1).map(|(_, value)| value).sum();
        (on_first * n - (total - on_first) * m).abs()
    }
}

/// The two-sided chance that operators exchanged between sides make the means of their values as far apart.
fn exchanged(sides: &[Vec<i64>; 2]) -> Option<Chance> {
    let (m, n) = (sides[0].len(), sides[1].len());
    let ways = choose(u32::try_from(m + n).ok()?, u32::try_from(m).ok()?);
    if m + n > COUNTED_OPERATORS_MAX || ways == 0 {
        return None;
    }
    let apart = apart(sides);
    let observed = apart((1 << m) - 1);
    let subsets = (0_u64..1 << (m + n)).filter(|set| set.count_ones() as usize == m);
    Some(Chance::of(subsets.filter(|set| apart(*set) >= observed).count() as u128, ways.into()))
}

/// Which answers stand against which, and what may be exchanged.
struct Design {
    /// Blocks of each prompt that has both sides.
    prompts: Vec<Vec<Block>>,
    exchange: Option<Exchange>,
    sides: [BTreeSet<u32>; 2],
    needed: Option<usize>,
    half_width_ppm: u64,
}

impl Design {
    fn of(prompts: &[Asked], scope: Scope, measure: Measure, family: &Family) -> Self {
        let mut sides = [BTreeSet::new(), BTreeSet::new()];
        for answer in prompts.iter().flat_map(|asked| &asked.answers) {
            let [first, second] = &mut sides;
            if answer.second {
                second.insert(answer.operator)
            } else {
                first.insert(answer.operator)
            };
        }
        let crossed = sides[0].intersection(&sides[1]).count();
        let all_crossed = crossed > 0 && sides[0] == sides[1];
        let of = |layout: fn(&Asked) -> Vec<Block>| prompts.iter().map(layout).collect::<Vec<_>>();
        let miss = family.first_step();
        let (prompts, exchange, needed, half_width_ppm) = match scope {
            Scope::BeyondThem if all_crossed => {
                let needed = family.crossed_needed();
                let width = half_width_ppm(2_000_000, crossed as u64, miss);
                (of(pairs), Exchange::OperatorFlips, (crossed < needed).then_some(needed), width)
            }
            Scope::BeyondThem => {
                // an operator on both sides is none that could stand on the other: it takes whole designs
                let needed = if crossed > 0 { family.crossed_needed() } else { family.nested_needed() };
                let fewest = sides[0].len().min(sides[1].len());
                let units = harmonic(sides[0].len() as u64, sides[1].len() as u64);
                let short = crossed > 0 || fewest < needed;
                (
                    of(of_operators),
                    Exchange::OperatorSplits,
                    short.then_some(needed),
                    half_width_ppm(1_000_000, units, miss),
                )
            }
            Scope::TheseExecutors => {
                let paired = of(pairs);
                let flips = paired.iter().map(Vec::len).sum::<usize>();
                // distances have no sign: a prompt whose flips are all turned about is the same to them
                let told = match measure {
                    Measure::Rates => flips,
                    Measure::Texts => {
                        1 + paired.iter().map(|blocks| blocks.len().saturating_sub(1)).sum::<usize>()
                    }
                };
                let enough =
                    all_crossed && family.reached_by(1_u128.checked_shl(told as u32).unwrap_or(u128::MAX));
                let short = sides.iter().any(|side| side.len() < OPERATORS_MIN);
                let needed = short.then_some(OPERATORS_MIN);
                if enough {
                    (paired, Exchange::Flips, needed, half_width_ppm(2_000_000, flips as u64, miss))
                } else {
                    let dealt = of(deals);
                    let count = |side: fn(&Block) -> u32| {
                        dealt.iter().flatten().map(|block| u64::from(side(block).count_ones())).sum()
                    };
                    let units = harmonic(count(|block| block.first), count(|block| block.second));
                    (dealt, Exchange::Splits, needed, half_width_ppm(1_000_000, units, miss))
                }
            }
        };
        let any = prompts.iter().any(|blocks| !blocks.is_empty());
        let exchange = (any && needed.is_none()).then_some(exchange);
        Self { prompts, exchange, sides, needed, half_width_ppm }
    }

    /// What is known before anything is tested.
    fn found(&self) -> Found {
        let count = |side: fn(&Block) -> u32| {
            self.prompts.iter().flatten().map(|block| u64::from(side(block).count_ones())).sum()
        };
        Found {
            chance: None,
            exact: false,
            labellings: None,
            exchange: self.exchange,
            rates_ppm: None,
            effect_ppm: 0,
            half_width_ppm: self.half_width_ppm,
            answers: [count(|block| block.first), count(|block| block.second)],
            operators: [self.sides[0].len(), self.sides[1].len()],
            crossed: self.sides[0].intersection(&self.sides[1]).count(),
            operators_needed: self.needed,
        }
    }

    fn operators(&self) -> BTreeSet<u32> {
        self.sides[0].union(&self.sides[1]).copied().collect()
    }
}

/// `m n / (m + n)`, rounded down: how many differences of one against one two groups are worth.
fn harmonic(m: u64, n: u64) -> u64 {
    (m * n).checked_div(m + n).unwrap_or(0)
}

/// The answers of an operator on each side, as sets.
fn of_operator(asked: &Asked, operator: u32) -> Block {
    let mut block = Block { operator, first: 0, second: 0 };
    for (at, answer) in
        asked.answers.iter().enumerate().take(32).filter(|(_, answer)| answer.operator == operator)
    {
        *(if answer.second { &mut block.second } else { &mut block.first }) |= 1 << at;
    }
    block
}

fn operators_of(asked: &Asked) -> BTreeSet<u32> {
    asked.answers.iter().map(|answer| answer.operator).collect()
}

/// Operators that answered on both sides, with as many answers on each: the first ones.
fn pairs(asked: &Asked) -> Vec<Block> {
    let equal = |operator| {
        let block = of_operator(asked, operator);
        let count = block.first.count_ones().min(block.second.count_ones());
        Block { operator, first: first_bits(block.first, count), second: first_bits(block.second, count) }
    };
    operators_of(asked).into_iter().map(equal).filter(|block| block.first != 0).collect()
}

/// Operators that answered on both sides, each by itself, and all others together.
fn deals(asked: &Asked) -> Vec<Block> {
    let blocks: Vec<Block> =
        operators_of(asked).into_iter().map(|operator| of_operator(asked, operator)).collect();
    let (crossed, others): (Vec<Block>, Vec<Block>) =
        blocks.into_iter().partition(|block| block.first != 0 && block.second != 0);
    let together = others.iter().fold(Block { operator: 63, first: 0, second: 0 }, |all, block| Block {
        first: all.first | block.first,
        second: all.second | block.second,
        ..all
    });
    let whole = together.first != 0 && together.second != 0;
    crossed.into_iter().chain(whole.then_some(together)).collect()
}

/// Each operator's answers.
fn of_operators(asked: &Asked) -> Vec<Block> {
    let blocks: Vec<Block> =
        operators_of(asked).into_iter().map(|operator| of_operator(asked, operator)).collect();
    let both = blocks.iter().any(|block| block.first != 0) && blocks.iter().any(|block| block.second != 0);
    if both { blocks } else { Vec::new() }
}

/// The lowest `count` bits that are set.
fn first_bits(mask: u32, count: u32) -> u32 {
    let bits = (0..32).filter(|bit| mask >> bit & 1 == 1).take(count as usize);
    bits.fold(0, |set, bit| set | 1 << bit)
}

/// All answers that stand in blocks.
fn covered(blocks: &[Block]) -> u32 {
    blocks.iter().fold(0, |all, block| all | block.first | block.second)
}

/// The same blocks, where answers that stand in none are left out and the others move up.
fn packed(blocks: &[Block]) -> Vec<Block> {
    let all = covered(blocks);
    let moved = |mask: u32| {
        let bits = (0..32).filter(|bit| all >> bit & 1 == 1).enumerate();
        bits.filter(|(_, bit)| mask >> bit & 1 == 1).fold(0, |set, (at, _)| set | 1 << at)
    };
    blocks
        .iter()
        .map(|block| Block { first: moved(block.first), second: moved(block.second), ..*block })
        .collect()
}

#[cfg(test)]
mod tests;
