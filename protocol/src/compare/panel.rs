//! Who counts as whom: operators that copy each other are one, and one whose repeats are the same answer again has one.

use super::infer::{Copied, Draws, Given, Nearest, Told, collapsed, copies, near_copies};
use super::input::{Cell, CellState, Groups, Operator};
use super::report::{CopyRow, TargetReport};
use crate::cid::Cid;
use std::collections::{BTreeMap, BTreeSet};

/// Below this temperature honest answers are alike too often for copies to be told, thousandths.
const COPIES_FROM_MILLI: u32 = 700;
/// Bytes of an answer whose words are counted: beyond the longest class of lengths.
const COUNTED_BYTES: usize = 1_024;
/// Entries of pairs and prompts that are looked at for copies; where there would be more, none are told.
const LOOKED_AT_MAX: usize = 1 << 20;

/// The operators of one target.
#[derive(Default)]
pub(super) struct Panel<'a> {
    /// Operators whose answers count for another's: copies of it.
    copiers: BTreeMap<&'a Operator, &'a Operator>,
    /// Operators of whose repeats one counts.
    collapsed: BTreeSet<&'a Operator>,
    /// The pairs that copy, with what tells, and whether it is in other words.
    copied: Vec<([&'a Operator; 2], Copied, bool)>,
    /// Whether copies were looked for.
    looked: bool,
}

impl<'a> Panel<'a> {
    /// From the cells of one target. `drawn` says whether its answers are drawn anew each time, `temperature_milli` how freely,
    /// where that is known.
    pub(super) fn of(
        groups: &Groups<'a>,
        target: u32,
        drawn: bool,
        temperature_milli: Option<u32>,
        nearest: &[NearestOf<'a>],
        draws: &mut Draws,
    ) -> Self {
        let lists: Vec<Vec<Seen<'a>>> = groups
            .range((target, 0)..=(target, u32::MAX))
            .map(|(_, cells)| cells.iter().filter_map(|cell| Seen::of(cell)).collect())
            .collect();
        let mut panel = Self::default();
        if !drawn {
            return panel;
        }
        let names: BTreeSet<&Operator> = lists.iter().flatten().map(|seen| seen.operator).collect();
        let numbers: BTreeMap<&Operator, u32> = names.iter().copied().zip(0..).collect();
        let name = |number: u32| names.iter().nth(number as usize).copied();
        let number = |operator: &Operator| numbers.get(operator).copied().unwrap_or(0);
        panel.looked = temperature_milli.is_none_or(|milli| milli >= COPIES_FROM_MILLI)
            && lists.len() * names.len() * names.len() <= LOOKED_AT_MAX;
        if panel.looked {
            let told = |list: &Vec<Seen<'_>>| {
                let texts = texts(list);
                let one = |(seen, text): (&Seen<'_>, u32)| Told {
                    operator: number(seen.operator),
                    text,
                    words: seen.words,
                };
                list.iter().zip(texts).map(one).collect::<Vec<_>>()
            };
            let exact = copies(&lists.iter().map(told).collect::<Vec<_>>());
            let near = near_copies(&nearest.iter().map(|of| of.numbered(number)).collect::<Vec<_>>());
            let all = exact.into_iter().map(|copied| (copied, false));
            for (copied, in_other_words) in all.chain(near.into_iter().map(|copied| (copied, true))) {
                let (Some(one), Some(other)) = (name(copied.operators.0), name(copied.operators.1)) else {
                    continue;
                };
                panel.copied.push(([one, other], copied, in_other_words));
                // whoever copies a copier copies whom that one copies
                let origin = panel.copiers.get(one).copied().unwrap_or(one);
                panel.copiers.entry(other).or_insert(origin);
            }
        }
        let mut by_region: Vec<Vec<Given>> = Vec::new();
        for list in &lists {
            let mut regions: BTreeMap<u32, Vec<Given>> = BTreeMap::new();
            for (seen, text) in list.iter().zip(texts(list)) {
                if !panel.copiers.contains_key(seen.operator) {
                    let given = Given { operator: number(seen.operator), text };
                    regions.entry(seen.region).or_default().push(given);
                }
            }
            by_region.extend(regions.into_values());
        }
        panel.collapsed = collapsed(&by_region, draws).into_iter().filter_map(name).collect();
        panel
    }

    /// Which answers of one region to one prompt count, by whose they are, by their places: none of a copier, and one of an operator
    /// whose repeats collapse.
    pub(super) fn counted<'o>(&self, operators: impl Iterator<Item = &'o Operator>) -> Vec<usize> {
        let mut had: BTreeSet<&Operator> = BTreeSet::new();
        let mut counts = |operator: &'o Operator| {
            !self.copiers.contains_key(operator)
                && (!self.collapsed.contains(operator) || had.insert(operator))
        };
        operators.enumerate().filter(|(_, operator)| counts(operator)).map(|(at, _)| at).collect()
    }

    /// Says in a report who counts as whom.
    pub(super) fn show(&self, report: &mut TargetReport) {
        let row = |([one, other], copied, in_other_words): &([&Operator; 2], Copied, bool)| CopyRow {
            operators: [one.clipped(), other.clipped()],
            in_other_words: *in_other_words,
            equal: copied.equal,
            prompts: copied.prompts,
            chance: copied.chance,
        };
        report.copies_looked_for = self.looked;
        report.copies = self.copied.iter().map(row).collect();
        report.collapsed = self.collapsed.iter().map(|operator| operator.clipped()).collect();
    }
}

/// Which two answers of a region to a prompt are the most alike, by the places of all.
pub(super) struct NearestOf<'a> {
    pub(super) operators: Vec<&'a Operator>,
    pub(super) pair: Option<(usize, usize)>,
}

impl NearestOf<'_> {
    fn numbered(&self, number: impl Fn(&Operator) -> u32) -> Nearest {
        let of = |at: usize| self.operators.get(at).map(|operator| number(operator));
        let pair = self.pair.and_then(|(one, other)| of(one).zip(of(other)));
        Nearest {
            operators: self.operators.iter().map(|operator| number(operator)).collect(),
            pair: pair.map(|(one, other)| (one.min(other), one.max(other))),
        }
    }
}

/// An answer as it is looked at here.
struct Seen<'a> {
    operator: &'a Operator,
    region: u32,
    output: Cid,
    words: u64,
}

impl<'a> Seen<'a> {
    fn of(cell: &'a Cell) -> Option<Self> {
        let CellState::Answer { text, output, .. } = &cell.state else { return None };
        let words = super::head(text, COUNTED_BYTES).split_ascii_whitespace().count() as u64;
        Some(Self { operator: &cell.operator, region: cell.region, output: *output, words })
    }
}

/// Numbers of the texts of a list: equal for equal bytes.
fn texts(list: &[Seen<'_>]) -> Vec<u32> {
    let mut numbers: BTreeMap<Cid, u32> = BTreeMap::new();
    let number = |seen: &Seen<'_>| {
        let next = numbers.len() as u32;
        *numbers.entry(seen.output).or_insert(next)
    };
    list.iter().map(number).collect()
}
